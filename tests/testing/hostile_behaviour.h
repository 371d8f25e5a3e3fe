// One thing that a hostile server does, see hostile_behaviours.h.
//
// Immutable; `serve` may run on many threads at once.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOUR_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_BEHAVIOUR_H_

#include <functional>
#include <string>

#include "absl/time/time.h"
#include "tests/testing/hostile_connection.h"

namespace spindle {
namespace testing {

// What many of them serve, and how long they wait between two drops.
inline constexpr char kPage[] = "<!doctype html><title>A page</title><p>Some text.";
inline constexpr absl::Duration kDrip = absl::Milliseconds(50);

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
