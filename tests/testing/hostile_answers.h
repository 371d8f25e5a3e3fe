// Words of HTTP/1.1 and kinds of behaviour, of which the tables of the hostile server are made.
//
// All functions are pure.

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_ANSWERS_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_ANSWERS_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/testing/hostile_behaviour.h"
#include "tests/testing/hostile_connection.h"

namespace spindle {
namespace testing {

inline constexpr size_t kMega = 1 << 20;

// --- Words of the protocol -----------------------------------------------------------------------

// Of a web page; a body is to follow.
std::string Head(int status, absl::string_view fields = "");
// With a body and its length.
std::string Sized(absl::string_view body, absl::string_view fields = "");
std::string SizedAs(absl::string_view type, absl::string_view body, absl::string_view fields = "");
std::string NotFound();

// So many bytes, and as many more as make the last `part` whole.
std::string Repeat(absl::string_view part, size_t bytes);
// 256 MB of blanks, as gzip.
const std::string& GzipBomb();
// Bytes without meaning, always the same.
std::string Noise(size_t count);

// --- Kinds of behaviour --------------------------------------------------------------------------

// Serves one request whose head was read; false: close the connection.
using Answerer = std::function<bool(HostileConnection&)>;

// Serves requests one after another: robots.txt by `robots`, all else by `page`.
std::function<void(HostileConnection&)> Serving(Answerer robots, Answerer page);

bool PlainPage(HostileConnection& connection);

// A site without robots.txt whose every page is answered by `page`.
HostileBehaviour Page(std::string name, std::string does, std::string record, Answerer page);
// A page sent as it stands, on a connection that goes on.
HostileBehaviour Fixed(std::string name, std::string does, std::string record, std::string answer);

// A beginning, then the same piece for ever, as fast as it is taken.
Answerer Endless(std::string beginning, std::string piece);
// The same, twenty times a second.
Answerer Drip(std::string beginning, std::string piece);

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_ANSWERS_H_
