#include "tests/integration/expectations.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace spindle {
namespace testing {

WebOptions OddButReliable(int hosts, int pages) {
  WebOptions options;
  options.host_count = hosts;
  options.pages_per_host = pages;
  options.robots_rules = options.redirects = options.missing_pages = true;
  options.gzip = options.charsets = options.requisites = true;
  return options;
}

std::vector<std::string> WholeWebFlags(const TestWeb& web, std::vector<std::string> more) {
  std::vector<std::string> flags = {"--scope=any", "--allow_net=127.0.0.0/8", web.Url(0, "/")};
  flags.insert(flags.begin(), more.begin(), more.end());
  return flags;
}

WebModel::Reachable ReachablePages(const TestWeb& web) {
  return web.model().ReachableFrom(0, web.port(), /*with_requisites=*/false,
                                   /*with_sitemaps=*/false);
}

std::set<std::string> HostsAsked(const TestWeb& web) {
  std::set<std::string> hosts;
  for (const RequestRecord& request : web.Requests()) hosts.insert(request.host);
  return hosts;
}

void ExpectStatesFit(const std::map<std::string, std::string>& states,
                     const WebModel::Reachable& reachable) {
  EXPECT_EQ(states.size(), reachable.asked.size() + reachable.forbidden.size());
  // The first few tell enough.
  int wrong = 0;
  const auto expect_one_of = [&](const std::string& url, const std::set<std::string>& wanted) {
    const auto it = states.find(url);
    const std::string state = it == states.end() ? "unknown" : it->second;
    if (wanted.count(state) == 0 && ++wrong <= 10) ADD_FAILURE() << url << " is " << state;
  };
  for (const std::string& url : reachable.asked) {
    if (reachable.pages.count(url) > 0) {
      expect_one_of(url, {"fetched"});
    } else {
      // One URL of a loop is where it was cut.
      expect_one_of(url, {"redirected", "gone", "failed"});
    }
  }
  for (const std::string& url : reachable.forbidden) expect_one_of(url, {"excluded"});
  EXPECT_EQ(wrong, 0);
}

void ExpectOnlyAllowedAsked(const TestWeb& web, const WebModel::Reachable& reachable) {
  int wrong = 0;
  for (const RequestRecord& request : web.Requests()) {
    const std::string url = absl::StrCat("http://", request.host, ":", web.port(), request.path);
    if (request.path == "/robots.txt" || reachable.asked.count(url)) continue;
    if (++wrong <= 10) ADD_FAILURE() << "asked for " << url;
  }
  EXPECT_EQ(wrong, 0);
  for (const std::string& host : HostsAsked(web)) EXPECT_EQ(web.MaxInFlight(host), 1) << host;
}

void ExpectVerifies(const CrawlDirectory& directory) {
  const Finished verify = directory.Inspect({"verify"});
  EXPECT_EQ(verify.code, 0) << verify.out << verify.err;
}

}  // namespace testing
}  // namespace spindle
