// Any bytes: the tree is well-formed and within its budget, what pruning leaves out changes nothing
// else in it, and the quick extraction finds what the exact tree holds.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"
#include "parsers/html.h"
#include "parsers/url.h"
#include "tests/testing/html_dump.h"

namespace {

using namespace spindle;  // NOLINT: a test of one file

void Demand(bool condition) {
  if (!condition) std::abort();
}

void DemandSame(const std::string& expected, const std::string& actual) {
  if (expected == actual) return;
  std::fprintf(stderr, "---- expected\n%s\n---- actual\n%s\n", expected.c_str(), actual.c_str());
  std::abort();
}

void DemandWellFormed(HtmlNode root) {
  for (HtmlNode node = root; node; node = node.NextWithin(root)) {
    for (size_t i = 0; i < node.child_count(); ++i) {
      Demand(node.child(i).parent() == node);
      Demand(node.child(i).next_sibling() == node.child(i + 1));
    }
  }
}

std::string Links(const HtmlPage& page) {
  std::string links;
  for (const Link& link : page.links) {
    links += std::to_string(link.position) + " " + std::to_string(static_cast<int>(link.kind)) +
             " " + link.url + " " + link.anchor_text + "\n";
  }
  return links + page.metadata.title + "\n" + page.metadata.base + "\n" + page.metadata.description;
}

int64_t Clock() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Url& url = *new Url(*Url::Parse("https://example.com/dir/page"));
  static Arena& exact_arena = *new Arena;
  static Arena& pruned_arena = *new Arena;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  HtmlLimits limits;
  limits.clock = Clock;
  limits.max_time = absl::Seconds(1);
  const ExtractOptions options;

  const HtmlDocument exact = HtmlDocument::Parse(input, limits, HtmlPruning::None(), &exact_arena);
  const HtmlDocument pruned = HtmlDocument::Parse(input, limits, {}, &pruned_arena);
  Demand(exact.tree_bytes() <= limits.max_tree_bytes);
  if (exact.truncated() || pruned.truncated()) return 0;
  DemandWellFormed(exact.root());
  HtmlDumpOptions dump;
  dump.without_pruned_texts = true;
  DemandSame(DumpHtml(exact.root(), dump), DumpHtml(pruned.root(), dump));

  const HtmlPage expected = exact.Extract(url, options);
  const HtmlPage quick = ExtractDom(input, url, options, limits, &pruned_arena);
  if (quick.truncated) return 0;
  DemandSame(Links(expected), Links(quick));
  DemandSame(expected.text, quick.text);
  Demand(expected.json_ld == quick.json_ld);
  return 0;
}
