// The behaviours of the hostile server: a name, what it does, what a crawler must record.
//
// Immutable; the functions of a behaviour may run on many threads at once.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOURS_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOURS_H_

#include <vector>

#include "tests/testing/hostile_behaviour.h"
#include "tests/testing/hostile_connection.h"

namespace spindle {
namespace testing {

const std::vector<HostileBehaviour>& HostileBehaviours();

// What an address without a behaviour serves: rules that forbid /forbidden, and a page that links
// to it and to /other.
void ServeWellBehaved(HostileConnection& connection);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOURS_H_
