// What a crawl of the hostile server must have recorded, read back from its directory.
//
// Thread-compatible.

#ifndef SPINDLE_TESTS_INTEGRATION_HOSTILE_EXPECTATIONS_H_
#define SPINDLE_TESTS_INTEGRATION_HOSTILE_EXPECTATIONS_H_

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "storage/crawl_reader.h"
#include "storage/records.h"

namespace spindle {
namespace testing {

// All that a crawl knows of one host.
struct HostSight {
  std::optional<HostRecord> host;
  std::optional<RobotsRecord> robots;
  std::map<std::string, UrlRecord> urls;    // by path
  std::map<std::string, PageRecord> pages;  // by path, the last of each
};

// By origin; hosts of the other kind, the well-behaved ones, left out: their addresses begin with
// `leave_out`.
using HostSights = std::map<std::string, HostSight>;
HostSights ReadSights(const CrawlReader& reader, absl::string_view leave_out);

// What is wrong with what was recorded; "" where nothing is.
using HostileCheck = std::function<std::string(const HostSight& sight, const HostSights& all)>;

// By behaviour.
const std::map<std::string, HostileCheck>& HostileExpectations();

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_INTEGRATION_HOSTILE_EXPECTATIONS_H_
