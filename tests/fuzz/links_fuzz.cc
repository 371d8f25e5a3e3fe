// The input is a tape of tags, attributes and texts in any order for a PageExtractor, and a srcset:
// limits hold and every link is absolute.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "parsers/links.h"
#include "parsers/srcset.h"
#include "parsers/url.h"

namespace {

using namespace spindle;  // NOLINT: a test of one file

void Demand(bool condition) {
  if (!condition) std::abort();
}

void DemandCandidatesInside(absl::string_view srcset) {
  size_t at = 0;
  for (const ImageCandidate& candidate : ParseSrcset(srcset)) {
    Demand(!candidate.url.empty() && candidate.url.front() != ',' && candidate.url.back() != ',');
    const size_t begin = candidate.url.data() - srcset.data();
    Demand(begin >= at && begin + candidate.url.size() <= srcset.size());
    Demand(candidate.width >= 0 && (candidate.width == 0 || candidate.density == 0));
    at = begin + candidate.url.size();
  }
}

}  // namespace

// Lines: "name attr=value|attr=value" is a start tag, "/name" an end tag, "=text" a text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Url& url = *new Url(*Url::Parse("https://example.com/dir/page?q"));
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  DemandCandidatesInside(input);

  ExtractOptions options;
  options.max_links = 50;
  options.max_links_bytes = 4000;
  options.max_anchor_text_bytes = 20;
  options.max_title_bytes = 10;
  options.max_json_ld_bytes = 30;
  options.max_meta_count = 5;
  options.want_css_links = size % 2 == 0;
  PageExtractor extractor(url, options);
  uint32_t position = 0;
  for (const absl::string_view line : absl::StrSplit(input, '\n')) {
    if (absl::StartsWith(line, "=")) {
      extractor.Text(line.substr(1));
    } else if (absl::StartsWith(line, "/")) {
      extractor.EndTag(PageExtractor::TagOf(line.substr(1)));
    } else {
      const std::pair<absl::string_view, absl::string_view> parts =
          absl::StrSplit(line, absl::MaxSplits(' ', 1));
      std::vector<HtmlAttribute> attributes;
      for (const absl::string_view text : absl::StrSplit(parts.second, '|')) {
        const std::pair<absl::string_view, absl::string_view> attribute =
            absl::StrSplit(text, absl::MaxSplits('=', 1));
        attributes.push_back({attribute.first, attribute.second});
        PageExtractor::WantsAttribute(attribute.first);
      }
      // Some tags share a position and some go back, as from a tree.
      position = line.size() % 7 == 0 ? position : position + line.size() % 5 - 1;
      extractor.StartTag(PageExtractor::TagOf(parts.first), attributes, position);
      if (extractor.WantsStyleAttributes()) extractor.StyleAttribute(parts.second, position);
    }
  }
  const HtmlPage page = extractor.Finish();
  Demand(page.links.size() <= options.max_links);
  size_t bytes = 0;
  for (size_t i = 0; i < page.links.size(); ++i) {
    const Link& link = page.links[i];
    Demand(absl::StartsWith(link.url, "http://") || absl::StartsWith(link.url, "https://"));
    Demand(!absl::StrContains(link.url, '#'));
    Demand(link.anchor_text.size() <= options.max_anchor_text_bytes);
    Demand(i == 0 || page.links[i - 1].position <= link.position);
    bytes += link.url.size() + link.anchor_text.size();
  }
  Demand(bytes <= options.max_links_bytes);
  Demand(page.metadata.title.size() <= options.max_title_bytes);
  Demand(page.metadata.meta.size() <= options.max_meta_count);
  size_t json_ld_bytes = 0;
  for (const std::string& block : page.json_ld) json_ld_bytes += block.size();
  Demand(json_ld_bytes <= options.max_json_ld_bytes);
  return 0;
}
