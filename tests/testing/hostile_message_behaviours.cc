#include "tests/testing/hostile_message_behaviours.h"

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/testing/coded_bytes.h"
#include "tests/testing/hostile_answers.h"

namespace spindle {
namespace testing {
namespace {

std::string Chunk(absl::string_view data) {
  return absl::StrCat(absl::Hex(data.size()), "\r\n", data, "\r\n");
}

// A page sent as it stands, then the end of the connection.
HostileBehaviour Last(std::string name, std::string does, std::string record, std::string answer) {
  return Page(std::move(name), std::move(does), std::move(record),
              [answer = std::move(answer)](HostileConnection& c) {
                c.Send(answer);
                return false;
              });
}

// No HTTP at all before the behaviour begins.
HostileBehaviour Raw(std::string name, std::string does, std::string record, std::string scheme,
                     std::function<void(HostileConnection&)> serve) {
  return {std::move(name), std::move(does), std::move(record), std::move(scheme), std::move(serve)};
}

void AddHeaders(std::vector<HostileBehaviour>* all) {
  all->push_back(Page("header-drip", "sends a header field byte by byte, for ever",
                      "failed: timeout", Drip("HTTP/1.1 200 OK\r\nX-Drip: ", "a")));
  all->push_back(Page("header-endless", "sends header fields for ever", "failed: too-large",
                      Endless("HTTP/1.1 200 OK\r\n", Repeat("X-Endless: 0123456789\r\n", 16384))));
  all->push_back(Page("header-100mb", "sends 100 MB of header fields, then a page",
                      "failed: too-large", [](HostileConnection& c) {
                        const std::string field = "X: " + std::string(65536, 'x') + "\r\n";
                        bool open = c.Send("HTTP/1.1 200 OK\r\n");
                        for (int i = 0; open && i < 1600; ++i) open = c.Send(field);
                        return open && c.Send("Content-Length: 0\r\n\r\n");
                      }));
  all->push_back(Page("header-giant-line", "sends one header field of 100 MB", "failed: too-large",
                      [](HostileConnection& c) {
                        const std::string part(kMega, 'x');
                        bool open = c.Send("HTTP/1.1 200 OK\r\nX: ");
                        for (int i = 0; open && i < 100; ++i) open = c.Send(part);
                        return open && c.Send("\r\nContent-Length: 0\r\n\r\n");
                      }));
  all->push_back(Page("status-line-endless", "sends a status line without an end",
                      "failed: too-large", Endless("HTTP/1.1 200 ", std::string(65536, 'x'))));
  all->push_back(Fixed("header-nul", "sends a header field with a NUL byte", "failed: protocol",
                       Head(200, absl::string_view("X: a\0b\r\nContent-Length: 0\r\n", 27))));
  all->push_back(Fixed("header-no-colon", "sends a header line that is none", "failed: protocol",
                       Sized(kPage, "this is no header field\r\n")));
  all->push_back(Last("header-lf-only", "ends its header lines with LF alone", "fetched",
                      absl::StrCat("HTTP/1.1 200 OK\nContent-Type: text/html\n\n", kPage)));
  all->push_back(Fixed("cookies-thousand", "sets 1,000 cookies with a page", "fetched",
                       Sized(kPage, Repeat("Set-Cookie: a=0123456789; Path=/\r\n", 34 * 1000))));
  all->push_back(Fixed("cookies-ten-thousand", "sets 10,000 cookies with a page",
                       "failed: too-large",
                       Sized(kPage, Repeat("Set-Cookie: a=0123456789; Path=/\r\n", 340 * 1000))));
  all->push_back(Page("interim-flood", "sends 103 answers for ever", "failed: too-large",
                      Endless("", Repeat("HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n", 16384))));
  all->push_back(Fixed("interim-three", "sends three interim answers, then a page",
                       "fetched, with the headers of the final answer",
                       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
                       "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\n" +
                           Sized(kPage)));
}

void AddStatusLines(std::vector<HostileBehaviour>* all) {
  all->push_back(Last("garbage-before-status", "sends a line of garbage before the status line",
                      "failed: protocol", "garbage\r\n\r\n" + Sized(kPage)));
  all->push_back(
      Last("http-0.9", "sends a page without status line and headers", "failed: protocol", kPage));
  all->push_back(Last("noise", "answers with random bytes", "failed: protocol", Noise(4096)));
  all->push_back(Last("other-protocol", "answers in the words of SSH", "failed: protocol",
                      "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"));
  all->push_back(Last("http-version-9", "answers in version 9.9", "failed: protocol",
                      absl::StrCat("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n")));
  all->push_back(Last("status-missing", "has a word for a status", "failed: protocol",
                      "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"));
  all->push_back(Fixed("status-999", "answers 999", "failed: http-status 999, after retries",
                       Head(999, "Content-Length: 0\r\n")));
  all->push_back(Fixed("status-204", "answers 204", "fetched, empty", "HTTP/1.1 204 None\r\n\r\n"));
  all->push_back(Fixed("status-304", "answers 304 to a request without a condition",
                       "failed: http-status 304", "HTTP/1.1 304 Same\r\n\r\n"));
  all->push_back(Fixed("status-206", "answers 206 to a request without a range", "fetched, as 206",
                       absl::StrCat("HTTP/1.1 206 Part\r\nContent-Type: text/html\r\n"
                                    "Content-Range: bytes 0-48/1000\r\nContent-Length: ",
                                    sizeof(kPage) - 1, "\r\n\r\n", kPage)));
  all->push_back(
      Last("status-101", "switches protocols unasked, then sends noise", "failed",
           "HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + Noise(4096)));
}

void AddBodies(std::vector<HostileBehaviour>* all) {
  all->push_back(Page("body-drip", "sends a body byte by byte, for ever",
                      "fetched, truncated: timeout",
                      Drip(Head(200, "Content-Length: 1000000\r\n"), "a")));
  all->push_back(Page("body-stall", "sends half a body and falls silent",
                      "fetched, truncated: timeout", [](HostileConnection& c) {
                        c.Send(Head(200, "Content-Length: 1000\r\n") + kPage);
                        c.Hold();
                        return false;
                      }));
  all->push_back(Page("body-endless", "sends a body without length for ever",
                      "fetched, truncated at the limit",
                      Endless(Head(200), Repeat("<p>and so on ", 65536))));
  all->push_back(Page(
      "body-endless-chunks", "sends chunks for ever", "fetched, truncated at the limit",
      Endless(Head(200, "Transfer-Encoding: chunked\r\n"), Chunk(Repeat("<p>and so on ", 65536)))));
  all->push_back(
      Page("chunk-one-byte", "sends chunks of one byte for ever",
           "fetched, truncated at the limit of pieces",
           Endless(Head(200, "Transfer-Encoding: chunked\r\n"), Repeat(Chunk("a"), 6 * 4096))));
  all->push_back(
      Last("chunk-bad-size", "sends a chunk, then one whose size is no number",
           "fetched, truncated: protocol",
           Head(200, "Transfer-Encoding: chunked\r\n") + Chunk(kPage) + "zz\r\nabc\r\n"));
  all->push_back(Last(
      "chunk-huge-size", "sends a chunk, then one with a size of 17 digits",
      "fetched, truncated: protocol",
      Head(200, "Transfer-Encoding: chunked\r\n") + Chunk(kPage) + "FFFFFFFFFFFFFFFFF\r\nabc\r\n"));
  all->push_back(Last("chunk-no-end", "closes before the last chunk",
                      "fetched, truncated: interrupted",
                      Head(200, "Transfer-Encoding: chunked\r\n") + Chunk(kPage)));
  all->push_back(Page("chunk-extension-endless", "sends a chunk extension for ever",
                      "failed: too-large",
                      Endless(Head(200, "Transfer-Encoding: chunked\r\n") + Chunk(kPage) + "5;",
                              std::string(65536, 'x'))));
  all->push_back(Page("chunk-trailers-endless", "sends trailers for ever", "failed: too-large",
                      Endless(Head(200, "Transfer-Encoding: chunked\r\n") + Chunk(kPage) + "0\r\n",
                              Repeat("X-Trailer: 0123456789\r\n", 65536))));
  all->push_back(
      Page("chunk-trailer-giant", "sends one trailer without an end", "failed: too-large",
           Endless(Head(200, "Transfer-Encoding: chunked\r\n") + Chunk(kPage) + "0\r\nX-Trailer: ",
                   std::string(65536, 'x'))));
  all->push_back(Last("length-too-long", "promises 1,000 bytes, sends fewer and closes",
                      "fetched, truncated: interrupted",
                      Head(200, "Content-Length: 1000\r\n") + kPage));
  all->push_back(Fixed("length-too-short", "promises ten bytes and sends more",
                       "fetched, ten bytes", Head(200, "Content-Length: 10\r\n") + kPage));
  all->push_back(Last("length-negative", "promises -5 bytes", "failed: protocol",
                      Head(200, "Content-Length: -5\r\n") + kPage));
  all->push_back(Last("length-two", "promises two lengths at once", "failed: protocol",
                      Head(200, "Content-Length: 10\r\nContent-Length: 20\r\n") + kPage));
  all->push_back(Last("length-huge", "promises more bytes than a number holds, and closes",
                      "fetched, the bytes that came",
                      Head(200, "Content-Length: 99999999999999999999999\r\n") + kPage));
  all->push_back(Last("length-and-chunks", "sends chunks and a length that does not fit",
                      "fetched, by its chunks",
                      Head(200, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") +
                          Chunk(kPage) + "0\r\n\r\n"));
  all->push_back(Last("transfer-gzip-bomb",
                      "sends a gzip bomb as transfer coding, which nobody asked for",
                      "failed: protocol", Head(200, "Transfer-Encoding: gzip\r\n") + GzipBomb()));
  all->push_back(
      Last("transfer-zstd-window", "sends zstd with a window of 128 MB as transfer coding",
           "failed: protocol",
           Head(200, "Transfer-Encoding: zstd\r\n") + Zstd(std::string(kMega, ' '), 27)));
}

void AddConnections(std::vector<HostileBehaviour>* all) {
  all->push_back(Raw("accept-and-close", "closes every connection at once",
                     "queued; its host parked: reset", "http", [](HostileConnection&) {}));
  all->push_back(Raw("accept-and-reset", "resets every connection at once",
                     "queued; its host parked: reset", "http",
                     [](HostileConnection& c) { c.Reset(); }));
  all->push_back(Raw("silent", "accepts and never answers", "queued; its host parked: timeout",
                     "http", [](HostileConnection& c) { c.Hold(); }));
  all->push_back(Page("silent-page", "never answers for its page", "failed: timeout",
                      [](HostileConnection& c) {
                        c.Hold();
                        return false;
                      }));
  all->push_back(Page("close-for-answer", "closes where an answer is due", "failed: reset",
                      [](HostileConnection&) { return false; }));
  all->push_back(Last("close-in-headers", "closes in the middle of its headers",
                      "failed: interrupted", "HTTP/1.1 200 OK\r\nContent-Type: te"));
  all->push_back(Page("reset-in-headers", "resets in the middle of its headers",
                      "failed: interrupted", [](HostileConnection& c) {
                        c.Send("HTTP/1.1 200 OK\r\nContent-Type: te");
                        c.Pause(kDrip);
                        c.Reset();
                        return false;
                      }));
  all->push_back(Page("reset-in-body", "resets in the middle of a body",
                      "fetched, truncated: interrupted", [](HostileConnection& c) {
                        c.Send(Head(200, "Content-Length: 1000\r\n") + kPage);
                        c.Pause(kDrip);
                        c.Reset();
                        return false;
                      }));
  all->push_back(
      Raw("close-on-reuse", "keeps connections open, and closes one when it is used again",
          "fetched, with all the pages that it links to", "http", [](HostileConnection& c) {
            if (!c.ReadRequest()) return;
            c.Send(c.path() == "/robots.txt"
                       ? NotFound()
                       : Sized("<a href=/1>1</a><a href=/2>2</a><a href=/3>3</a>"));
            c.ReadRequest();
          }));
  all->push_back(Raw("tls-noise", "answers the TLS handshake with random bytes",
                     "queued; its host parked: tls", "https", [](HostileConnection& c) {
                       c.Send(Noise(4096));
                       c.Pause(absl::Seconds(1));
                     }));
  all->push_back(Raw("tls-none", "answers the TLS handshake with a page in plain HTTP",
                     "queued; its host parked: tls", "https", [](HostileConnection& c) {
                       c.Send(Sized(kPage));
                       c.Pause(absl::Seconds(1));
                     }));
  all->push_back(Raw("tls-stall", "never answers the TLS handshake",
                     "queued; its host parked: timeout", "https",
                     [](HostileConnection& c) { c.Hold(); }));
  all->push_back(Raw("tls-close", "closes in the TLS handshake", "queued; its host parked: tls",
                     "https", [](HostileConnection& c) { c.Pause(kDrip); }));
  all->push_back(Raw("tls-drip", "drips a TLS record that never ends",
                     "queued; its host parked: timeout", "https", [](HostileConnection& c) {
                       bool open =
                           c.Send(absl::string_view("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", 9));
                       while (open) open = c.Send("a") && c.Pause(kDrip);
                     }));
}

void AddCodings(std::vector<HostileBehaviour>* all) {
  const std::string blanks(64 * kMega, ' ');
  all->push_back(Fixed("gzip-bomb", "sends 256 MB of blanks as some kilobytes of gzip",
                       "fetched, truncated at the ratio",
                       Sized(GzipBomb(), "Content-Encoding: gzip\r\n")));
  all->push_back(Fixed("br-bomb", "sends 64 MB of blanks as some bytes of br",
                       "fetched, truncated at the ratio",
                       Sized(Brotli(blanks), "Content-Encoding: br\r\n")));
  all->push_back(Fixed("zstd-bomb", "sends 64 MB of blanks as some kilobytes of zstd",
                       "fetched, truncated at the ratio",
                       Sized(Zstd(blanks, 23), "Content-Encoding: zstd\r\n")));
  all->push_back(Fixed("zstd-window", "sends zstd that asks for a window of 128 MB",
                       "fetched, truncated, nothing decoded",
                       Sized(Zstd(blanks, 27), "Content-Encoding: zstd\r\n")));
  all->push_back(Fixed("gzip-twice-bomb", "sends a gzip bomb in gzip",
                       "fetched, truncated at the ratio",
                       Sized(Gzip(GzipBomb()), "Content-Encoding: gzip, gzip\r\n")));
  std::string page = kPage;
  for (int i = 0; i < 6; ++i) page = Gzip(page);
  all->push_back(Fixed("coding-stack", "stacks six codings", "fetched, truncated, nothing decoded",
                       Sized(page, "Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n")));
  const std::string good = Gzip(Repeat("<p>Some text. ", 20000));
  all->push_back(Fixed("gzip-truncated", "sends the first half of a gzip body as the whole",
                       "fetched, truncated",
                       Sized(good.substr(0, good.size() / 2), "Content-Encoding: gzip\r\n")));
  all->push_back(Last("gzip-close",
                      "sends a gzip body without length, and closes in the middle of it",
                      "fetched, truncated: interrupted",
                      Head(200, "Content-Encoding: gzip\r\n") + good.substr(0, good.size() / 2)));
  std::string broken = Gzip(Noise(20000));
  broken[broken.size() / 2] ^= 0x55;
  broken[broken.size() / 2 + 1] ^= 0x55;
  all->push_back(Fixed("gzip-corrupt", "sends gzip with flipped bits", "fetched, truncated",
                       Sized(broken, "Content-Encoding: gzip\r\n")));
  all->push_back(Fixed("coding-unknown", "names a coding that does not exist",
                       "fetched, as it came, truncated",
                       Sized(kPage, "Content-Encoding: rot13\r\n")));
  all->push_back(Fixed("coding-lies", "says gzip and sends plain text",
                       "fetched, truncated, nothing decoded",
                       Sized(kPage, "Content-Encoding: gzip\r\n")));
}

}  // namespace

void AddMessageBehaviours(std::vector<HostileBehaviour>* all) {
  AddHeaders(all);
  AddStatusLines(all);
  AddBodies(all);
  AddConnections(all);
  AddCodings(all);
}

}  // namespace testing
}  // namespace spindle
