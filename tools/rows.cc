#include "tools/rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "parsers/utf8.h"
namespace spindle {
namespace {

constexpr size_t kHeldBackCount = 500;

// Columns that a terminal shows it in; wide characters are taken for one.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void AppendPadded(std::string* line, const std::string& text, size_t width, bool right) {
  const size_t own = Width(text);
  const std::string blanks(width > own ? width - own : 0, ' ');
  absl::StrAppend(line, right ? blanks : "", text, right ? "" : blanks);
}

void WriteLine(std::string line, Output* output) {
  absl::StripTrailingAsciiWhitespace(&line);
  line += '\n';
  output->Write(line);
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable = RepairUtf8(text);
  for (char& c : printable) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return printable;
}

std::string HumanBytes(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes) / 1024;
  const char* unit = "KiB";
  for (const char* next : {"MiB", "GiB", "TiB", "PiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return absl::StrFormat("%.1f %s", value, unit);
}

std::string HumanTime(absl::Time time) {
  if (time == absl::InfinitePast()) return "never";
  return absl::FormatTime("%Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

Cell TextCell(absl::string_view text) { return {Printable(text), JsonString(text)}; }

Cell CountCell(uint64_t count) { return {absl::StrCat(count), absl::StrCat(count), true}; }

Cell BytesCell(uint64_t bytes) { return {HumanBytes(bytes), absl::StrCat(bytes), true}; }

Cell TimeCell(absl::Time time) {
  if (time == absl::InfinitePast()) return {"never", "null"};
  return {HumanTime(time), absl::FormatTime("\"%Y-%m-%dT%H:%M:%E6SZ\"", time, absl::UTCTimeZone())};
}

Cell DurationCell(absl::Duration span) {
  return {absl::FormatDuration(span), absl::StrFormat("%.6f", absl::ToDoubleSeconds(span)), true};
}

Cell BoolCell(bool value) { return {value ? "yes" : "no", value ? "true" : "false"}; }

Cell EmptyCell() { return {"-", "null"}; }

RowWriter::RowWriter(Format format, std::vector<Column> columns, uint64_t limit, Output* output)
    : format_(format), columns_(std::move(columns)), limit_(limit), output_(output) {}

bool RowWriter::Write(std::vector<Cell> row) {
  if (limit_ > 0 && count_ >= limit_) return false;
  ++count_;
  if (format_ == Format::kJsonLines) {
    JsonObject object;
    for (size_t i = 0; i < row.size(); ++i) object.Add(columns_[i].name, row[i].json);
    output_->Write(object.ToString() + "\n");
  } else if (aligned_) {
    WriteTableRow({}, &row);
  } else {
    held_back_.push_back(std::move(row));
    if (held_back_.size() >= kHeldBackCount) WriteHeldBack();
  }
  return output_->open() && (limit_ == 0 || count_ < limit_);
}

void RowWriter::Finish() {
  if (format_ == Format::kTable && !aligned_) WriteHeldBack();
}

void RowWriter::WriteHeldBack() {
  aligned_ = true;
  std::vector<std::string> heading;
  for (size_t i = 0; i < columns_.size(); ++i) {
    heading.push_back(absl::AsciiStrToUpper(columns_[i].name));
    std::replace(heading.back().begin(), heading.back().end(), '_', ' ');
    size_t width = heading.back().size();
    for (const auto& row : held_back_) width = std::max(width, Width(row[i].text));
    widths_.push_back(width);
  }
  WriteTableRow(heading, held_back_.empty() ? nullptr : &held_back_[0]);
  for (const std::vector<Cell>& row : held_back_) WriteTableRow({}, &row);
  held_back_.clear();
}

// A heading stands as the cells below it do; without `texts` the cells themselves are written.
void RowWriter::WriteTableRow(const std::vector<std::string>& texts,
                              const std::vector<Cell>* cells) {
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].json_only) continue;
    const std::string& text = texts.empty() ? (*cells)[i].text : texts[i];
    if (!line.empty()) line += "  ";
    AppendPadded(&line, text, widths_[i], cells != nullptr && (*cells)[i].is_number);
  }
  WriteLine(std::move(line), output_);
}

void RecordWriter::Add(absl::string_view name, const Cell& cell) {
  AddLine(absl::StrReplaceAll(name, {{"_", " "}}), cell.text);
  AddJson(name, cell.json);
}

void RecordWriter::AddLine(absl::string_view name, absl::string_view text) {
  lines_.emplace_back(std::string(name), std::string(text));
}

void RecordWriter::AddJson(absl::string_view name, absl::string_view json) {
  object_.Add(name, json);
}

void RecordWriter::Finish() {
  if (format_ == Format::kJsonLines) return output_->Write(object_.ToString() + "\n");
  size_t width = 0;
  for (const auto& [name, text] : lines_) width = std::max(width, Width(name));
  for (const auto& [name, text] : lines_) {
    std::string line;
    AppendPadded(&line, name, width, false);
    WriteLine(absl::StrCat(line, "  ", text), output_);
  }
}

}  // namespace spindle
