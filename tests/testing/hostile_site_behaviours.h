// The behaviours of the hostile server as a site: where it redirects to, its robots.txt, its pages
// and its sitemaps.
//
// Immutable.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_SITE_BEHAVIOURS_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_SITE_BEHAVIOURS_H_

#include <vector>

#include "tests/testing/hostile_behaviour.h"

namespace spindle {
namespace testing {

void AddSiteBehaviours(std::vector<HostileBehaviour>* all);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_SITE_BEHAVIOURS_H_
