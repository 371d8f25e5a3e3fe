#ifndef SPINDLE_CRAWLER_PAGE_PROCESSOR_H_
#define SPINDLE_CRAWLER_PAGE_PROCESSOR_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "parsers/html.h"
#include "parsers/links.h"
#include "parsers/mime.h"
#include "parsers/url.h"
#include "storage/records.h"

namespace spindle {

// One fetched page as processors see it: step 8 in the life of a URL. Valid during Process() only.
struct Page {
  const Url& url;
  const PageRecord& record;  // status, headers, times, sizes
  ContentKind kind;          // by Content-Type and the bytes
  absl::string_view body;    // Content-Encoding undone
  absl::string_view text;    // `body` in UTF-8; empty for what is no text
  // Links, title, metadata and visible text of an HTML page; of others only links, where there are
  // any.
  const HtmlPage& html;
  const UrlRecord& history;  // what was known of the URL before this fetch
};

// What processors want done with a page. They run in order; a later one sees what earlier ones
// asked for.
class PageActions {
 public:
  // Stored with the page, in this order.
  void SetField(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // Followed as if the page linked there: relative to its URL, filtered by scope like others.
  void AddLink(std::string url) { links_.push_back(std::move(url)); }
  // The page's own links are not followed.
  void IgnoreLinks() { ignore_links_ = true; }
  // The page is not stored: its URL is recorded as excluded, with this reason. Its links are
  // followed all the same.
  void Drop(std::string why) { drop_reason_ = std::move(why), dropped_ = true; }

  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  const std::vector<std::string>& links() const { return links_; }
  bool ignore_links() const { return ignore_links_; }
  bool dropped() const { return dropped_; }
  const std::string& drop_reason() const { return drop_reason_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<std::string> links_;
  bool ignore_links_ = false;
  bool dropped_ = false;
  std::string drop_reason_;
};

// A step of the pipeline that every fetched page goes through. Called from all parser threads at
// the same time, so an implementation must be thread-safe. An error fails the page (excluded, with
// the message), not the crawl.
class PageProcessor {
 public:
  virtual ~PageProcessor() = default;
  virtual absl::Status Process(const Page& page, PageActions& actions) = 0;
};

// Narrows the crawl beyond scope: asked for every link of a page that is in scope. Called from all
// parser threads at the same time.
class LinkFilter {
 public:
  virtual ~LinkFilter() = default;
  virtual bool Follow(const Url& link, const Url& found_on) = 0;
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PAGE_PROCESSOR_H_
