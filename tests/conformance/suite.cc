#include "tests/conformance/suite.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace spindle {

void Report::ExpectFailure(absl::string_view id, absl::string_view reason) {
  expected_[std::string(id)].reason = std::string(reason);
}

void Report::Check(absl::string_view id, bool passed, absl::string_view detail) {
  auto found = expected_.find(std::string(id));
  if (found == expected_.end()) {
    ++(passed ? passed_count_ : failed_count_);
    if (!passed) unexpected_.push_back(absl::StrCat("FAILED ", id, "  ", detail));
    return;
  }
  Expected& expected = found->second;
  ++expected.seen_count;
  if (passed) {
    ++failed_count_;
    unexpected_.push_back(absl::StrCat("PASSED, but was expected to fail: ", id));
    return;
  }
  ++expected_failed_count_;
  ++count_by_reason_[expected.reason];
  tolerated_.push_back(absl::StrCat("expected: ", id, "  ", detail));
}

void Report::CheckEqual(absl::string_view id, absl::string_view expected,
                        absl::string_view actual) {
  if (expected == actual) return Check(id, true);
  Check(id, false, absl::StrCat("want ", Printable(expected), "  got ", Printable(actual)));
}

void Report::Broken(absl::string_view path, absl::string_view why) {
  ++failed_count_;
  unexpected_.push_back(absl::StrCat("BROKEN ", path, ": ", why));
}

bool Report::ok() const {
  if (failed_count_ > 0 || passed_count_ == 0) return false;
  for (const auto& [id, expected] : expected_) {
    if (expected.seen_count == 0) return false;
  }
  return true;
}

void Report::Print(std::ostream& out, bool verbose) const {
  out << absl::StrFormat("%-24s %6d %6d %6d\n", suite_, passed_count_, failed_count_,
                         expected_failed_count_);
  for (const std::string& line : unexpected_) out << "  " << line << "\n";
  for (const auto& [id, expected] : expected_) {
    if (expected.seen_count == 0) out << "  NO SUCH CASE, but was expected to fail: " << id << "\n";
  }
  for (const auto& [reason, count] : count_by_reason_) {
    out << absl::StrFormat("  %d expected: %s\n", count, reason);
  }
  if (!verbose) return;
  for (const std::string& line : tolerated_) out << "    " << line << "\n";
}

std::string ReadData(const std::string& path, Report& report) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    report.Broken(path, "cannot be opened");
    return "";
  }
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

namespace {

// Bytes of the well-formed UTF-8 sequence that `text` starts with (leads and continuation bytes
// only; overlong forms pass).
size_t Utf8Length(absl::string_view text) {
  const unsigned char lead = text[0];
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string Printable(absl::string_view text, size_t max_bytes) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (out.size() >= max_bytes) return out + "...";
    const unsigned char c = text[i];
    size_t length = c >= 0x20 && c < 0x7F ? 1 : c >= 0x80 ? Utf8Length(text.substr(i)) : 0;
    if (length == 0) {
      absl::StrAppendFormat(&out, "\\x%02X", c);
      length = 1;
    } else {
      absl::StrAppend(&out, text.substr(i, length));
    }
    i += length;
  }
  return out;
}

}  // namespace spindle
