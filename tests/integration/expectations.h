// What a crawl of a made-up web must have done, by the server's record and by what is stored. For
// tests of the real binary.

#ifndef SPINDLE_TESTS_INTEGRATION_EXPECTATIONS_H_
#define SPINDLE_TESTS_INTEGRATION_EXPECTATIONS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/processes.h"
#include "tests/testing/test_web.h"

namespace spindle {
namespace testing {

// A web with everything that has one right answer: no outcome depends on a retry.
WebOptions OddButReliable(int hosts, int pages);

// The arguments for a crawl of the whole of `web` from its first host, with `more` before them.
std::vector<std::string> WholeWebFlags(const TestWeb& web, std::vector<std::string> more = {});

// What such a crawl reaches where it follows pages only.
WebModel::Reachable ReachablePages(const TestWeb& web);

std::set<std::string> HostsAsked(const TestWeb& web);

// Every URL of an OddButReliable web is known once, and in the state that the web's model calls
// for.
void ExpectStatesFit(const std::map<std::string, std::string>& states,
                     const WebModel::Reachable& reachable);

// Nothing but robots.txt and what may be asked for was asked for, and never two at once of one
// host.
void ExpectOnlyAllowedAsked(const TestWeb& web, const WebModel::Reachable& reachable);

// `inspect verify` finds no invariant broken.
void ExpectVerifies(const CrawlDirectory& directory);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_INTEGRATION_EXPECTATIONS_H_
