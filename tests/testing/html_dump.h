// An HTML tree as text, in the form of html5lib's tree-construction tests, for comparisons.
//
// Pure; safe from any thread.

#ifndef SPINDLE_TESTS_TESTING_HTML_DUMP_H_
#define SPINDLE_TESTS_TESTING_HTML_DUMP_H_

#include <string>

#include "parsers/html.h"

namespace spindle {

struct HtmlDumpOptions {
  // Leave out what HtmlPruning leaves out: texts of HTML's script and style elements, of comments.
  bool without_pruned_texts = false;
};

// One line per node, attribute by attribute; no doctype. Neighbouring texts are one.
std::string DumpHtml(HtmlNode root, const HtmlDumpOptions& options = {});

}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HTML_DUMP_H_
