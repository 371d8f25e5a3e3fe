// The behaviours of the hostile server within one answer: its header, its body and their codings,
// and the connection that it comes on.
//
// Immutable.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_MESSAGE_BEHAVIOURS_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_MESSAGE_BEHAVIOURS_H_

#include <vector>

#include "tests/testing/hostile_behaviour.h"

namespace spindle {
namespace testing {

void AddMessageBehaviours(std::vector<HostileBehaviour>* all);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_MESSAGE_BEHAVIOURS_H_
