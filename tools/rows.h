#ifndef SPINDLE_TOOLS_ROWS_H_
#define SPINDLE_TOOLS_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/json_text.h"
#include "tools/output.h"

// What a tool prints: rows, as a table for people or as a JSON object a line for programs.

namespace spindle {

enum class Format { kTable, kJsonLines };

// A value in both forms.
struct Cell {
  std::string text;
  std::string json;
  bool is_number = false;  // stands at the right of its column
};

Cell TextCell(absl::string_view text);  // control characters do not reach a terminal
Cell CountCell(uint64_t count);
Cell BytesCell(uint64_t bytes);          // "1.2 MiB"; JSON: bytes
Cell TimeCell(absl::Time time);          // "2026-01-31 12:00:00Z", "never"; JSON: RFC 3339, null
Cell DurationCell(absl::Duration span);  // "1.5s"; JSON: seconds
Cell BoolCell(bool value);               // "yes"; JSON: true
Cell EmptyCell();                        // "-"; JSON: null

std::string HumanBytes(uint64_t bytes);
std::string HumanTime(absl::Time time);
// `text` with control characters and what is not UTF-8 replaced.
std::string Printable(absl::string_view text);

struct Column {
  std::string name;  // of the JSON field; in the table's heading in capitals
  bool json_only = false;
};

// Rows of the same columns. As a table: aligned by the first ones, which are held back for that, so
// that any number of rows takes bounded memory. Thread-compatible. The output must outlive this.
class RowWriter {
 public:
  // `limit`: rows written at most; 0: all.
  RowWriter(Format format, std::vector<Column> columns, uint64_t limit, Output* output);

  // One cell a column. False: no more rows are wanted.
  bool Write(std::vector<Cell> row);

  // Call at the end.
  void Finish();

 private:
  void WriteHeldBack();
  void WriteTableRow(const std::vector<std::string>& texts, const std::vector<Cell>* cells);

  const Format format_;
  const std::vector<Column> columns_;
  const uint64_t limit_;
  Output* const output_;

  uint64_t count_ = 0;
  bool aligned_ = false;
  std::vector<size_t> widths_;
  std::vector<std::vector<Cell>> held_back_;
};

// One record: "name   value" lines, or one JSON object.
class RecordWriter {
 public:
  RecordWriter(Format format, Output* output) : format_(format), output_(output) {}

  void Add(absl::string_view name, const Cell& cell);
  // For one form alone, where the other says it otherwise.
  void AddLine(absl::string_view name, absl::string_view text);
  void AddJson(absl::string_view name, absl::string_view json);
  // Call at the end.
  void Finish();

 private:
  const Format format_;
  Output* const output_;
  JsonObject object_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace spindle

#endif  // SPINDLE_TOOLS_ROWS_H_
