// encoding/: labels, the sniffing of <meta>, BOMs, and texts whose encoding has to be detected.

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "parsers/charset.h"
#include "tests/conformance/suites.h"

namespace spindle {
namespace {

std::string NameOf(std::optional<Encoding> encoding) {
  return encoding ? std::string(EncodingName(*encoding)) : "none";
}

std::vector<std::string> FilesUnder(const std::string& dir, Report& report) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir, error)) {
    if (entry.is_regular_file(error)) files.push_back(entry.path().string());
  }
  if (files.empty()) report.Broken(dir, "has no files");
  std::sort(files.begin(), files.end());
  return files;
}

std::string NameUnder(const std::string& dir, const std::string& path) {
  return path.substr(dir.size() + 1);
}

// html5lib's format: "#data" lines, text, "#encoding", a label, an empty line.
void RunHtml5libTable(const std::string& dir, const std::string& name, Report& report) {
  const std::string table = "\n" + ReadData(dir + "/" + name, report);
  int index = -1;
  for (const absl::string_view test : absl::StrSplit(table, "\n#data\n")) {
    if (++index == 0) continue;
    const size_t split = test.find("\n#encoding\n");
    if (split == absl::string_view::npos) {
      report.Broken(name, "has a case without an encoding");
      continue;
    }
    const absl::string_view data = test.substr(0, split);
    const absl::string_view label =
        absl::StripAsciiWhitespace(test.substr(split + absl::string_view("\n#encoding\n").size()));
    const CharsetGuess guess = ResolveCharset(data, "");
    // Where nothing is declared, the table's default.
    const Encoding encoding =
        guess.source <= CharsetSource::kMeta ? guess.encoding : Encoding::kWindows1252;
    report.CheckEqual(absl::StrCat(name, " #", index), NameOf(EncodingForLabel(label)),
                      EncodingName(encoding));
  }
}

// What the page's script asserts of document.characterSet.
struct Assertion {
  bool equal;
  absl::string_view name;
};

std::optional<Assertion> FindAssertion(absl::string_view html) {
  for (const bool equal : {true, false}) {
    const absl::string_view call = equal ? "assert_equals(document.characterSet, \""
                                         : "assert_not_equals(document.characterSet, \"";
    const size_t at = html.find(call);
    if (at == absl::string_view::npos) continue;
    const absl::string_view rest = html.substr(at + call.size());
    return Assertion{equal, rest.substr(0, rest.find('"'))};
  }
  return std::nullopt;
}

void ExpectUndetected(Report& report) {
  const struct {
    const char* reason;
    std::vector<const char*> names;
  } groups[] = {
      {"not an encoding of the WHATWG standard",
       {"cs/ibm852.txt", "hr/ibm852.txt", "pl/ibm852.txt", "ro/ibm852.txt", "sk/ibm852.txt",
        "sl/ibm852.txt", "cs/mac-centraleurope.txt", "hr/mac-centraleurope.txt",
        "pl/mac-centraleurope.txt", "sk/mac-centraleurope.txt", "sl/mac-centraleurope.txt",
        "ru/ibm855.txt", "vi/viscii.txt", "zh/euc-tw.txt", "fr/utf-32.le", "ko/utf-32.be",
        "ko/iso-2022-kr.txt"}},
      {"UTF-16 without a byte order mark is not guessed, as in browsers",
       {"ja/utf-16be.txt", "ja/utf-16le.txt"}},
      {"ICU takes it for a near relative with a few other letters",
       {"da/iso-8859-15.txt", "es/iso-8859-15.txt", "et/iso-8859-15.txt", "fr/iso-8859-15.txt",
        "el/windows-1253.txt", "hr/iso-8859-16.txt", "pl/iso-8859-16.txt", "ro/iso-8859-16.txt",
        "sl/iso-8859-16.txt"}},
      {"ICU has no statistics of this encoding",
       {"eo/iso-8859-3.txt", "mt/iso-8859-3.txt", "tr/iso-8859-3.txt", "et/iso-8859-13.txt",
        "hr/iso-8859-13.txt", "lt/iso-8859-13.txt", "lv/iso-8859-13.txt", "pl/iso-8859-13.txt",
        "et/iso-8859-4.txt", "lt/iso-8859-4.txt", "lv/iso-8859-4.txt", "lt/iso-8859-10.txt",
        "lv/iso-8859-10.txt", "et/windows-1257.txt", "ru/ibm866.txt", "ru/mac-cyrillic.txt",
        "vi/windows-1258.txt"}},
  };
  for (const auto& group : groups) {
    for (const char* name : group.names) report.ExpectFailure(name, group.reason);
  }
}

}  // namespace

void RunEncodingLabelsSuite(const std::string& data_dir, Report& report) {
  const std::string table = ReadData(data_dir + "/encoding/wpt/labels.tsv", report);
  for (const absl::string_view line : absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> row = absl::StrSplit(line, '\t');
    report.CheckEqual(row.first, row.second, NameOf(EncodingForLabel(row.first)));
    const std::string loud = absl::StrCat(" \n", absl::AsciiStrToUpper(row.first), "\t");
    report.CheckEqual(Printable(loud), row.second, NameOf(EncodingForLabel(loud)));
  }
}

void RunEncodingSniffingSuite(const std::string& data_dir, Report& report) {
  const std::string dir = data_dir + "/encoding";
  report.ExpectFailure("scripted/tests1.dat #1", "written by a script, which is not run");
  for (const char* name :
       {"tests1.dat", "tests2.dat", "test-yahoo-jp.dat", "scripted/tests1.dat"}) {
    RunHtml5libTable(dir, name, report);
  }
}

void RunMetaCharsetSuite(const std::string& data_dir, Report& report) {
  const std::string dir = data_dir + "/encoding/wpt-html-syntax-charset";
  constexpr char kPrescan[] =
      "the standard's prescan reads raw text as markup; these pages ask for a parser";
  for (const char* name : {"in-script.html", "in-style.html", "in-title.html"}) {
    report.ExpectFailure(name, kPrescan);
  }
  report.ExpectFailure("ncr.html", "the prescan does not know character references");
  for (const std::string& path : FilesUnder(dir, report)) {
    const std::string name = NameUnder(dir, path);
    const std::string html = ReadData(path, report);
    const CharsetGuess guess = ResolveCharset(html, "");
    const std::string found = absl::StrCat(
        guess.source == CharsetSource::kMeta ? EncodingName(guess.encoding) : "nothing",
        " declared");
    if (absl::StrContains(html, "rel=\"match\"")) {
      report.CheckEqual(name, "windows-1251 declared", found);
    } else if (absl::StrContains(html, "rel=\"mismatch\"")) {
      report.CheckEqual(name, "nothing declared", found);
    } else if (const auto assertion = FindAssertion(html)) {
      const bool equal = EncodingName(guess.encoding) == assertion->name;
      report.Check(name, equal == assertion->equal, found);
    }
  }
}

void RunCharsetDetectionSuite(const std::string& data_dir, Report& report) {
  ExpectUndetected(report);
  const std::string dir = data_dir + "/encoding/uchardet-test";
  for (const std::string& path : FilesUnder(dir, report)) {
    const std::string name = NameUnder(dir, path);
    const std::filesystem::path file(path);
    std::string label = file.stem().string();
    if (absl::StartsWith(label, "utf-") && file.extension() != ".txt") {
      label += file.extension().string().substr(1);
    }
    if (label == "CMakeLists") continue;
    if (label == "uhc") label = "euc-kr";
    const std::string text = ReadData(path, report);
    const CharsetGuess guess = ResolveCharset(text, "");
    const std::optional<Encoding> expected = EncodingForLabel(label);
    // Relatives that give the same text are as good.
    const bool hit =
        expected && *expected != Encoding::kReplacement &&
        (*expected == guess.encoding || ToUtf8(text, *expected) == ToUtf8(text, guess.encoding));
    report.Check(name, hit,
                 absl::StrCat(EncodingName(guess.encoding), " ", CharsetSourceName(guess.source)));
  }
}

}  // namespace spindle
