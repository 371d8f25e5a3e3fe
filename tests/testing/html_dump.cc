#include "tests/testing/html_dump.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace spindle {
namespace {

bool IsTemplate(HtmlNode node) {
  return node.tag() == "template" && node.element_namespace() == HtmlNamespace::kHtml;
}

// Lines are indented by depth; a template's children lie in a "content" of their own.
size_t DepthOf(HtmlNode node) {
  size_t depth = 0;
  for (HtmlNode at = node.parent(); at; at = at.parent()) depth += IsTemplate(at) ? 2 : 1;
  return depth;
}

class Dumper {
 public:
  explicit Dumper(const HtmlDumpOptions& options) : options_(options) {}

  std::string Run(HtmlNode root) {
    for (HtmlNode node = root; node; node = node.NextWithin(root)) {
      if (node.IsText()) {
        if (!IsPruned(node)) AddText(node);
        continue;
      }
      FlushText();
      if (node.IsComment()) {
        AddLine(DepthOf(node),
                absl::StrCat("<!-- ", options_.without_pruned_texts ? "" : node.text(), " -->"));
      } else if (node.IsElement()) {
        AddElement(node);
      }
    }
    FlushText();
    return std::move(dump_);
  }

 private:
  bool IsPruned(HtmlNode text) const {
    const HtmlNode parent = text.parent();
    return options_.without_pruned_texts && parent.element_namespace() == HtmlNamespace::kHtml &&
           (parent.tag() == "script" || parent.tag() == "style");
  }

  void AddLine(size_t depth, absl::string_view line) {
    absl::StrAppend(&dump_, "| ", std::string(2 * (depth - 1), ' '), line, "\n");
  }

  void AddText(HtmlNode node) {
    const size_t depth = DepthOf(node);
    if (text_parent_ != node.parent()) FlushText();
    text_parent_ = node.parent();
    text_depth_ = depth;
    absl::StrAppend(&text_, node.text());
  }

  void FlushText() {
    if (!text_.empty()) AddLine(text_depth_, absl::StrCat("\"", text_, "\""));
    text_.clear();
    text_parent_ = HtmlNode();
  }

  void AddElement(HtmlNode node) {
    const size_t depth = DepthOf(node);
    const char* const prefix = node.element_namespace() == HtmlNamespace::kSvg      ? "svg "
                               : node.element_namespace() == HtmlNamespace::kMathMl ? "math "
                                                                                    : "";
    AddLine(depth, absl::StrCat("<", prefix, node.tag(), ">"));
    std::vector<std::string> attributes;
    for (size_t i = 0; i < node.attribute_count(); ++i) {
      const HtmlAttribute attribute = node.attribute_at(i);
      std::string name(attribute.name);
      if (*prefix != '\0' && (absl::StartsWith(name, "xlink:") || absl::StartsWith(name, "xml:") ||
                              absl::StartsWith(name, "xmlns:"))) {
        name = absl::StrReplaceAll(name, {{":", " "}});
      }
      attributes.push_back(absl::StrCat(name, "=\"", attribute.value, "\""));
    }
    std::sort(attributes.begin(), attributes.end());
    for (const std::string& attribute : attributes) AddLine(depth + 1, attribute);
    if (IsTemplate(node)) AddLine(depth + 1, "content");
  }

  const HtmlDumpOptions options_;
  std::string dump_;
  std::string text_;
  HtmlNode text_parent_;
  size_t text_depth_ = 0;
};

}  // namespace

std::string DumpHtml(HtmlNode root, const HtmlDumpOptions& options) {
  return Dumper(options).Run(root);
}

}  // namespace spindle
