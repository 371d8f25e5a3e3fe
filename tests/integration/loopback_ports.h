// Ports of the loopback address, for servers that are started by a test.
//
// Thread-safe.

#ifndef SPINDLE_TESTS_INTEGRATION_LOOPBACK_PORTS_H_
#define SPINDLE_TESTS_INTEGRATION_LOOPBACK_PORTS_H_

namespace spindle {
namespace testing {

// A port of 127.0.0.1 that was free a moment ago.
int FreePort();

// Whether something accepts connections at 127.0.0.1, now or within five seconds.
bool WaitForListener(int port);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_INTEGRATION_LOOPBACK_PORTS_H_
