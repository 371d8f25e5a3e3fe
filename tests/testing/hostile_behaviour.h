// One thing that a hostile server does, see hostile_behaviours.h.
//
// Immutable; `serve` may run on many threads at once.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOUR_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOUR_H_

#include <functional>
#include <string>

#include "tests/testing/hostile_connection.h"

namespace spindle {
namespace testing {

struct HostileBehaviour {
  std::string name;
  std::string does;
  std::string record;  // what a crawler must record
  std::string scheme = "http";
  // Serves one connection, until it returns.
  std::function<void(HostileConnection&)> serve;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOUR_H_
