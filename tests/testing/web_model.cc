#include "tests/testing/web_model.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <deque>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace spindle {
namespace testing {
namespace {

// Host i is 127.(1 + i / 62500).(i / 250 % 250).(1 + i % 250): no part is ever 0 or 255 at the end.
constexpr int kLastParts = 250;
constexpr int kHostsPerSecondPart = kLastParts * kLastParts;

constexpr int kPrivatePages = 2;
constexpr int kChainLength = 4;

uint64_t Mix(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// The number of `path` where it is `prefix` + number + `suffix`, as this web writes it.
std::optional<int> Numbered(absl::string_view path, absl::string_view prefix,
                            absl::string_view suffix) {
  int number = 0;
  if (!absl::ConsumePrefix(&path, prefix) || !absl::ConsumeSuffix(&path, suffix)) {
    return std::nullopt;
  }
  if (!absl::SimpleAtoi(path, &number) || absl::StrCat(number) != path) return std::nullopt;
  return number;
}

std::string Gzip(absl::string_view data) {
  z_stream stream = {};
  if (deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  std::string out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = data.size();
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = out.size();
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

enum class Robots { kForbidPrivate, kManyGroups, kAllowAgain, kNone, kOddSpelling, kForbidNothing };

Robots RobotsOf(const WebOptions& options, int host) {
  return options.robots_rules ? static_cast<Robots>(host % 6) : Robots::kNone;
}

// A charset and how a page names it.
struct Encoding {
  absl::string_view header;  // Of Content-Type.
  absl::string_view meta;    // Of a meta element.
  absl::string_view sample;  // A word with bytes that only this encoding reads as intended.
  bool utf16 = false;
};

Encoding EncodingOf(bool charsets, uint64_t draw) {
  switch (charsets ? draw % 5 : 0) {
    case 0:
      return {"; charset=utf-8", "", "caf\xc3\xa9"};
    case 1:
      return {"; charset=windows-1252", "", "caf\xe9"};
    case 2:
      return {"", "windows-1252", "na\xefve"};
    case 3:
      return {"", "shift_jis", "\x93\xfa\x96\x7b"};
    default:
      return {"", "", "plain", true};
  }
}

std::string Utf16Le(absl::string_view ascii) {
  std::string out = "\xff\xfe";
  for (char c : ascii) {
    out.push_back(c);
    out.push_back('\0');
  }
  return out;
}

}  // namespace

struct WebModel::Node {
  enum Kind {
    kNothing,
    kPage,
    kGone,
    kRedirect,
    kServerError,
    kBusyOnce,  // 503 on the first visit, then a page.
    kNoAnswer,
    kShortBody,
    kStyleSheet,
    kImage,
    kSitemap,
  };
  using Link = std::pair<int, std::string>;  // Host and path.

  Kind kind = kNothing;
  int status = 404;
  uint64_t draw = 0;        // Decides what else varies.
  std::vector<Link> links;  // Of a page; the one target of a redirect.
  bool requisites = false;
};

std::string WebModel::HostName(int index) {
  return absl::StrCat("127.", 1 + index / kHostsPerSecondPart, ".", index / kLastParts % kLastParts,
                      ".", 1 + index % kLastParts);
}

std::optional<int> WebModel::HostIndex(absl::string_view name) const {
  const std::vector<std::string> parts = absl::StrSplit(name, '.');
  int second = 0;
  int third = 0;
  int fourth = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[1], &second) ||
      !absl::SimpleAtoi(parts[2], &third) || !absl::SimpleAtoi(parts[3], &fourth)) {
    return std::nullopt;
  }
  const int index = (second - 1) * kHostsPerSecondPart + third * kLastParts + fourth - 1;
  if (index < 0 || index >= options_.host_count || HostName(index) != name) return std::nullopt;
  return index;
}

uint64_t WebModel::Draw(int host, int page, uint64_t salt) const {
  return Mix(Mix(options_.seed * 1000003 + salt) ^
             (static_cast<uint64_t>(host) << 32 | static_cast<uint32_t>(page)));
}

std::string WebModel::PagePath(int page) const {
  return page == 0 ? "/" : absl::StrCat("/p/", page, ".html");
}

WebModel::Node WebModel::PageAt(int host, int page) const {
  Node node;
  node.kind = Node::kPage;
  node.status = 200;
  node.draw = Draw(host, page, 0);
  node.requisites = options_.requisites;
  // Which part of a thousand the page falls into; the features take theirs one after the other.
  int part = page == 0 ? 1000 : Draw(host, page, 1) % 1000;
  const auto falls_into = [&part](bool feature, int width) {
    if (!feature) return false;
    part -= width;
    return part < 0 && part >= -width;
  };
  if (falls_into(options_.redirects, 83)) {
    static constexpr int kStatus[] = {301, 302, 303, 307, 308};
    node.kind = Node::kRedirect;
    node.status = kStatus[node.draw % 5];
    const int to_host = node.draw % 2 == 0 ? host : Draw(host, page, 2) % options_.host_count;
    const int to_page = Draw(host, page, 3) % options_.pages_per_host;
    // Not to itself: whether that is a redirect or a failure is a matter of taste.
    node.links = {{to_host, PagePath(to_host == host && to_page == page ? 0 : to_page)}};
    return node;
  }
  if (falls_into(options_.missing_pages, 67)) {
    node.kind = Node::kGone;
    node.status = node.draw % 2 == 0 ? 404 : 410;
    return node;
  }
  if (falls_into(options_.server_errors, 25)) {
    node.kind = Node::kServerError;
    node.status = 500;
    return node;
  }
  if (falls_into(options_.server_errors, 25)) {
    node.kind = Node::kBusyOnce;
  } else if (falls_into(options_.broken_transfers, 25)) {
    node.kind = Node::kNoAnswer;
    return node;
  } else if (falls_into(options_.broken_transfers, 25)) {
    node.kind = Node::kShortBody;
  }

  for (int child : {2 * page + 1, 2 * page + 2}) {
    if (child < options_.pages_per_host) node.links.emplace_back(host, PagePath(child));
  }
  for (int i = 0; i < options_.links_within_host; ++i) {
    node.links.emplace_back(host, PagePath(Draw(host, page, 10 + i) % options_.pages_per_host));
  }
  for (int i = 0; i < options_.links_across_hosts; ++i) {
    node.links.emplace_back(Draw(host, page, 1000 + i) % options_.host_count,
                            PagePath(Draw(host, page, 2000 + i) % options_.pages_per_host));
  }
  if (page != 0) return node;
  for (int64_t child : {2 * int64_t{host} + 1, 2 * int64_t{host} + 2}) {
    if (child < options_.host_count) node.links.emplace_back(child, "/");
  }
  if (options_.robots_rules) {
    node.links.emplace_back(host, "/private/open/0");
    for (int i = 0; i < kPrivatePages; ++i) {
      node.links.emplace_back(host, absl::StrCat("/private/", i));
    }
  }
  if (options_.redirects) {
    node.links.emplace_back(host, "/loop/0");
    node.links.emplace_back(host, absl::StrCat("/chain/", kChainLength - 1));
  }
  return node;
}

WebModel::Node WebModel::At(int host, absl::string_view path) const {
  Node node;
  if (path == "/") return PageAt(host, 0);
  if (const auto page = Numbered(path, "/p/", ".html")) {
    return *page > 0 && *page < options_.pages_per_host ? PageAt(host, *page) : node;
  }
  if (options_.robots_rules) {
    const auto number = Numbered(path, "/private/", "");
    const bool is_private = number && *number >= 0 && *number < kPrivatePages;
    const auto hidden = Numbered(path, "/hidden/", ".html");
    const bool is_hidden = hidden && *hidden >= 0 && *hidden < kPrivatePages;
    if (is_private || is_hidden || path == "/private/open/0") {
      node.kind = Node::kPage;
      node.status = 200;
      // What only a forbidden page links to: a crawler that gets there read what it must not.
      if (is_private) node.links = {{host, absl::StrCat("/hidden/", *number, ".html")}};
      return node;
    }
  }
  if (options_.redirects) {
    if (const auto step = Numbered(path, "/loop/", ""); step && (*step == 0 || *step == 1)) {
      node.kind = Node::kRedirect;
      node.status = 302;
      node.links = {{host, absl::StrCat("/loop/", 1 - *step)}};
      return node;
    }
    if (const auto step = Numbered(path, "/chain/", "");
        step && *step >= 0 && *step < kChainLength) {
      node.kind = Node::kRedirect;
      node.status = 301;
      node.links = {{host, *step == 0 ? std::string("/") : absl::StrCat("/chain/", *step - 1)}};
      return node;
    }
  }
  if (options_.sitemaps && path == "/sitemap.xml") node.kind = Node::kSitemap;
  if (options_.sitemaps && path == "/s/only.html") node.kind = Node::kPage;
  if (options_.requisites && path == "/style.css") node.kind = Node::kStyleSheet;
  if (options_.requisites && path == "/logo.png") node.kind = Node::kImage;
  if (node.kind != Node::kNothing) node.status = 200;
  return node;
}

std::string WebModel::RobotsText(int host, int port) const {
  std::string text;
  switch (RobotsOf(options_, host)) {
    case Robots::kForbidPrivate:
      text = "User-agent: *\nDisallow: /private/\n";
      break;
    case Robots::kManyGroups:
      text =
          "User-agent: otherbot\nDisallow: /\n\nUser-agent: thirdbot\nUser-agent: *\n"
          "Disallow: /private/\n";
      break;
    case Robots::kAllowAgain:
      text = "User-agent: *\nAllow: /private/open/\nDisallow: /private\n";
      break;
    case Robots::kOddSpelling:
      text = "\xef\xbb\xbf# comment\r\nUSER-AGENT:*\r\n  disallow : /private/ # not this\r\n";
      break;
    case Robots::kForbidNothing:
      text = "User-agent: *\nDisallow:\n";
      break;
    case Robots::kNone:
      break;
  }
  if (options_.crawl_delay > absl::ZeroDuration() && host % 5 == 2) {
    if (text.empty()) text = "User-agent: *\n";
    absl::StrAppend(&text, "Crawl-delay: ", absl::ToDoubleSeconds(options_.crawl_delay), "\n");
  }
  if (options_.sitemaps) {
    absl::StrAppend(&text, "Sitemap: http://", HostName(host), ":", port, "/sitemap.xml\n");
  }
  return text;
}

bool WebModel::Allowed(int host, absl::string_view path) const {
  switch (RobotsOf(options_, host)) {
    case Robots::kForbidPrivate:
    case Robots::kManyGroups:
    case Robots::kOddSpelling:
      return !absl::StartsWith(path, "/private/");
    case Robots::kAllowAgain:
      return !absl::StartsWith(path, "/private") || absl::StartsWith(path, "/private/open/");
    case Robots::kNone:
    case Robots::kForbidNothing:
      return true;
  }
  return true;
}

Answer WebModel::Get(int host, absl::string_view path, int visit, bool accepts_gzip,
                     int port) const {
  const auto absolute = [port](const Node::Link& link) {
    return absl::StrCat("http://", HostName(link.first), ":", port, link.second);
  };
  Answer answer;
  answer.latency = options_.latency;
  if (path == "/robots.txt") {
    answer.body = RobotsText(host, port);
    answer.status = answer.body.empty() ? 404 : 200;
    if (options_.robots_flaky && host % 7 == 3 && visit == 0) {
      answer.status = 500;
      answer.body.clear();
    }
    answer.headers.emplace_back("Content-Type", "text/plain");
    return answer;
  }

  const Node node = At(host, path);
  answer.status = node.status;
  switch (node.kind) {
    case Node::kRedirect: {
      // Both forms of a Location: absolute and, within the host, a path.
      const Node::Link& target = node.links[0];
      const bool as_path = target.first == host && node.draw % 3 != 0;
      answer.headers.emplace_back("Location", as_path ? target.second : absolute(target));
      return answer;
    }
    case Node::kNothing:
    case Node::kGone:
    case Node::kServerError:
      answer.headers.emplace_back("Content-Type", "text/html");
      answer.body = "<title>error</title><p>There is nothing here.";
      return answer;
    case Node::kBusyOnce:
      if (visit > 0) break;
      answer.status = 503;
      answer.headers.emplace_back("Retry-After", "1");
      return answer;
    case Node::kNoAnswer:
      answer.close_without_answer = true;
      return answer;
    case Node::kStyleSheet:
      answer.headers.emplace_back("Content-Type", "text/css");
      answer.body = "body { margin: 0 }\n";
      return answer;
    case Node::kImage:
      answer.headers.emplace_back("Content-Type", "image/png");
      answer.body = std::string("\x89PNG\r\n\x1a\n\0\0\0\0IEND", 16);
      return answer;
    case Node::kSitemap:
      answer.headers.emplace_back("Content-Type", "application/xml");
      answer.body = absl::StrCat(
          "<?xml version=\"1.0\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"
          "<url><loc>",
          absolute({host, "/s/only.html"}), "</loc></url></urlset>\n");
      return answer;
    case Node::kPage:
    case Node::kShortBody:
      break;
  }

  const Encoding encoding = EncodingOf(options_.charsets, node.draw >> 8);
  std::string& html = answer.body;
  html = "<!doctype html>\n<html><head>";
  if (!encoding.meta.empty()) absl::StrAppend(&html, "<meta charset=", encoding.meta, ">");
  absl::StrAppend(&html, "<title>", HostName(host), path, "</title>");
  if (node.requisites) absl::StrAppend(&html, "<link rel=stylesheet href=/style.css>");
  absl::StrAppend(&html, "</head>\n<body><p>", encoding.sample, "\n<ul>\n");
  if (node.requisites) absl::StrAppend(&html, "<img src=/logo.png>\n");
  // The ways in which pages write their links; all of them mean the same URL.
  int form = node.draw % 7;
  for (const Node::Link& link : node.links) {
    const std::string url = absolute(link);
    const bool sibling =
        link.first == host && absl::StartsWith(path, "/p/") && absl::StartsWith(link.second, "/p/");
    const bool local = link.first == host;
    switch (form++ % 7) {
      case 0:
        absl::StrAppend(&html, "<li><a href=\"", local ? link.second : url, "\">one</a>\n");
        break;
      case 1:
        absl::StrAppend(&html, "<li><A HREF='", url, "#part'>two</A>\n");
        break;
      case 2:
        absl::StrAppend(&html, "<li><a class=x href=",
                        sibling              ? link.second.substr(3)
                        : link.second == "/" ? url + "#"
                                             : url,
                        ">three</a>\n");
        break;
      case 3:
        absl::StrAppend(&html, "<li><a href=\"", url.substr(5), "\">four</a>\n");
        break;
      case 4:
        absl::StrAppend(&html, "<li><a href=\" ", sibling ? ".." + link.second : url,
                        " \">five</a>\n");
        break;
      case 5:
        absl::StrAppend(&html, "<li><a href=\"HTTP", url.substr(4), "\">six</a>\n");
        break;
      default:
        absl::StrAppend(&html, "<li><a href=\"", url, "\" rel=nofollow>seven</a>\n");
        break;
    }
  }
  absl::StrAppend(&html, "</ul>\n<p>");
  static constexpr absl::string_view kWords[] = {"web ",   "thread ", "host ", "page ",
                                                 "queue ", "shard ",  "link ", "store "};
  for (uint64_t draw = node.draw; html.size() < options_.page_bytes; draw = Mix(draw)) {
    absl::StrAppend(&html, kWords[draw % 8], kWords[draw / 8 % 8]);
  }
  absl::StrAppend(&html, "</body></html>\n");
  if (encoding.utf16) html = Utf16Le(html);

  answer.headers.emplace_back("Content-Type", absl::StrCat("text/html", encoding.header));
  if (options_.gzip && accepts_gzip && (node.draw >> 16) % 2 == 0) {
    html = Gzip(html);
    answer.headers.emplace_back("Content-Encoding", "gzip");
  }
  if (node.kind == Node::kShortBody) answer.missing_bytes = 1000;
  return answer;
}

WebModel::Reachable WebModel::ReachableFrom(int first_host, int port, bool with_requisites,
                                            bool with_sitemaps) const {
  Reachable found;
  std::deque<Node::Link> open;
  std::set<Node::Link> known;
  std::set<int> hosts;
  const auto find = [&](const Node::Link& link) {
    if (known.insert(link).second) open.push_back(link);
  };
  find({first_host, "/"});
  while (!open.empty()) {
    const Node::Link link = open.front();
    open.pop_front();
    const auto& [host, path] = link;
    const std::string url = absl::StrCat("http://", HostName(host), ":", port, path);
    if (hosts.insert(host).second && with_sitemaps && options_.sitemaps) {
      find({host, "/s/only.html"});
    }
    if (!Allowed(host, path)) {
      found.forbidden.insert(url);
      continue;
    }
    found.asked.insert(url);
    const Node node = At(host, path);
    if (node.kind == Node::kShortBody) {
      found.cut_short.insert(url);
    } else if (node.status == 200 && node.kind != Node::kNoAnswer) {
      found.pages.insert(url);
    } else if (node.kind != Node::kRedirect) {
      continue;
    }
    for (const Node::Link& target : node.links) find(target);
    if (with_requisites && node.requisites) {
      find({host, "/style.css"});
      find({host, "/logo.png"});
    }
  }
  return found;
}

}  // namespace testing
}  // namespace spindle
