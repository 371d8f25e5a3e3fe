// The behaviours of the hostile server that speak HTTP/2: all are https, with a certificate of
// their own making.
//
// Immutable.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_HTTP2_BEHAVIOURS_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_HTTP2_BEHAVIOURS_H_

#include <vector>

#include "tests/testing/hostile_behaviour.h"

namespace spindle {
namespace testing {

void AddHttp2Behaviours(std::vector<HostileBehaviour>* all);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_HTTP2_BEHAVIOURS_H_
