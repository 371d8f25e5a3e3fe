// A real site from a real server: Debian's nginx serving Debian's documentation of Python, and
// wget2 as the second opinion on what such a site consists of.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/loopback_ports.h"
#include "tests/integration/processes.h"

namespace spindle {
namespace testing {
namespace {

constexpr char kNginx[] = "/usr/sbin/nginx";
constexpr char kSite[] = "/usr/share/doc/python3.11/html";

class Nginx {
 public:
  Nginx() : port_(FreePort()), process_(Start()) { WaitForListener(port_); }

  std::string Url(absl::string_view path) const {
    return absl::StrCat("http://127.0.0.1:", port_, path);
  }

  // The URLs that were answered with `status` to a client of that name.
  std::set<std::string> Answered(absl::string_view status, absl::string_view client) const {
    std::set<std::string> urls;
    for (absl::string_view line : absl::StrSplit(ReadFile(scratch_.File("access")), '\n')) {
      const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(' ', 2));
      if (fields.size() == 3 && fields[0] == status && absl::StrContains(fields[2], client)) {
        urls.insert(Url(fields[1]));
      }
    }
    return urls;
  }

  std::string Errors() const { return ReadFile(scratch_.File("error")) + process_.Err(); }

 private:
  Process Start() const {
    std::ofstream(scratch_.File("conf"))
        << "daemon off; master_process off; pid " << scratch_.File("pid") << ";\n"
        << "error_log " << scratch_.File("error") << ";\n"
        << "events { worker_connections 1000; }\n"
        << "http {\n include /etc/nginx/mime.types;\n"
        << " log_format plain '$status $request_uri $http_user_agent';\n"
        << " access_log " << scratch_.File("access") << " plain;\n"
        << " client_body_temp_path " << scratch_.File("body") << ";\n"
        << " proxy_temp_path " << scratch_.File("proxy") << ";\n"
        << " fastcgi_temp_path " << scratch_.File("fastcgi") << ";\n"
        << " uwsgi_temp_path " << scratch_.File("uwsgi") << ";\n"
        << " scgi_temp_path " << scratch_.File("scgi") << ";\n"
        << " server { listen 127.0.0.1:" << port_ << "; root " << kSite << "; }\n}\n";
    return Process(kNginx, {"-c", scratch_.File("conf"), "-e", scratch_.File("error")});
  }

  const ScratchDirectory scratch_;
  const int port_;
  const Process process_;
};

void ExpectSame(const std::set<std::string>& got, const std::set<std::string>& expected) {
  std::vector<std::string> missed;
  std::vector<std::string> beyond;
  std::set_difference(expected.begin(), expected.end(), got.begin(), got.end(),
                      std::back_inserter(missed));
  std::set_difference(got.begin(), got.end(), expected.begin(), expected.end(),
                      std::back_inserter(beyond));
  EXPECT_THAT(missed, ::testing::IsEmpty());
  EXPECT_THAT(beyond, ::testing::IsEmpty());
}

TEST(DocumentationSiteTest, FetchesWhatWget2Fetches) {
  if (!std::filesystem::exists(kNginx) || !std::filesystem::exists(kSite) ||
      !std::filesystem::exists("/usr/bin/wget2")) {
    GTEST_SKIP() << "needs the packages nginx-light, python3.11-doc and wget2";
  }
  const Nginx nginx;
  const ScratchDirectory copy;
  const Finished wget =
      RunToEnd("/usr/bin/wget2", {"--recursive", "--level=0", "--quiet", "--no-config",
                                  "--user-agent=wget2-reference", "--directory-prefix", copy.path(),
                                  nginx.Url("/index.html")});
  const std::set<std::string> expected = nginx.Answered("200", "wget2-reference");
  ASSERT_GT(expected.size(), 400u) << "code " << wget.code << ": " << wget.err << nginx.Errors();

  const CrawlDirectory directory;
  const Finished crawl =
      directory.CrawlToEnd({"--allow_net=127.0.0.0/8", "--per_host_delay=0s", "--follow=all",
                            "--user_agent=spindle-under-test", nginx.Url("/index.html")});
  ASSERT_EQ(crawl.code, 0) << crawl.err;
  std::set<std::string> stored;
  for (const auto& [url, state] : directory.States()) {
    if (state == "fetched") stored.insert(url);
  }
  ExpectSame(stored, expected);
  ExpectSame(nginx.Answered("200", "spindle-under-test"), expected);
  EXPECT_EQ(directory.Inspect({"verify"}).code, 0);
}

}  // namespace
}  // namespace testing
}  // namespace spindle
