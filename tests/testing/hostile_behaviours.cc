#include "tests/testing/hostile_behaviours.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/testing/coded_bytes.h"
#include "tests/testing/hostile_http2_behaviours.h"

namespace spindle {
namespace testing {
namespace {

constexpr absl::Duration kDrip = absl::Milliseconds(50);
constexpr size_t kMega = 1 << 20;

// Serves one request whose head was read; false: close the connection.
using Answerer = std::function<bool(HostileConnection&)>;

// --- Words of the protocol -----------------------------------------------------------------------

std::string Head(int status, absl::string_view fields = "") {
  return absl::StrCat("HTTP/1.1 ", status, " Hm\r\nContent-Type: text/html\r\n", fields, "\r\n");
}

std::string Sized(absl::string_view body, absl::string_view fields = "") {
  return absl::StrCat(Head(200, absl::StrCat("Content-Length: ", body.size(), "\r\n", fields)),
                      body);
}

std::string SizedAs(absl::string_view type, absl::string_view body, absl::string_view fields = "") {
  return absl::StrCat("HTTP/1.1 200 Hm\r\nContent-Type: ", type,
                      "\r\nContent-Length: ", body.size(), "\r\n", fields, "\r\n", body);
}

std::string Redirect(absl::string_view location) {
  return Head(302, absl::StrCat("Location: ", location, "\r\nContent-Length: 0\r\n"));
}

std::string Chunk(absl::string_view data) {
  return absl::StrCat(absl::Hex(data.size()), "\r\n", data, "\r\n");
}

std::string Repeat(absl::string_view part, size_t bytes) {
  std::string all;
  all.reserve(bytes + part.size());
  while (all.size() < bytes) all.append(part.data(), part.size());
  return all;
}

const char kPage[] = "<!doctype html><title>A page</title><p>Some text.";

std::string NotFound() { return Head(404, "Content-Length: 0\r\n"); }

// --- Bytes in codings ----------------------------------------------------------------------------

// 256 MB of blanks, as gzip.
const std::string& GzipBomb() {
  static const auto* const bomb = new std::string(Gzip(std::string(16 * kMega, ' '), 16));
  return *bomb;
}

// Bytes without meaning, always the same.
std::string Noise(size_t count) {
  std::string noise;
  uint32_t state = 12345;
  while (noise.size() < count) {
    state = state * 1664525 + 1013904223;
    noise.push_back(static_cast<char>(state >> 24));
  }
  return noise;
}

// --- Kinds of behaviour --------------------------------------------------------------------------

// Serves requests one after another: robots.txt by `robots`, all else by `page`.
std::function<void(HostileConnection&)> Serving(Answerer robots, Answerer page) {
  return [robots = std::move(robots), page = std::move(page)](HostileConnection& connection) {
    bool open = true;
    while (open && connection.ReadRequest()) {
      open = connection.path() == "/robots.txt" ? robots(connection) : page(connection);
    }
  };
}

bool NoRobots(HostileConnection& connection) { return connection.Send(NotFound()); }

bool PlainPage(HostileConnection& connection) { return connection.Send(Sized(kPage)); }

// A site whose every page is answered by `page`.
HostileBehaviour Page(std::string name, std::string does, std::string record, Answerer page) {
  return {std::move(name), std::move(does), std::move(record), "http",
          Serving(NoRobots, std::move(page))};
}

// A page sent as it stands, on a connection that goes on.
HostileBehaviour Fixed(std::string name, std::string does, std::string record, std::string answer) {
  return Page(std::move(name), std::move(does), std::move(record),
              [answer = std::move(answer)](HostileConnection& c) { return c.Send(answer); });
}

// A page sent as it stands, then the end of the connection.
HostileBehaviour Last(std::string name, std::string does, std::string record, std::string answer) {
  return Page(std::move(name), std::move(does), std::move(record),
              [answer = std::move(answer)](HostileConnection& c) {
                c.Send(answer);
                return false;
              });
}

// A beginning, then the same piece for ever, as fast as it is taken.
Answerer Endless(std::string beginning, std::string piece) {
  return [beginning = std::move(beginning), piece = std::move(piece)](HostileConnection& c) {
    bool open = c.Send(beginning);
    while (open) open = c.Send(piece);
    return false;
  };
}

// A beginning, then the same piece for ever, twenty times a second.
Answerer Drip(std::string beginning, std::string piece) {
  return [beginning = std::move(beginning), piece = std::move(piece)](HostileConnection& c) {
    bool open = c.Send(beginning);
    while (open) open = c.Send(piece) && c.Pause(kDrip);
    return false;
  };
}

// A site of one plain page whose robots.txt is the point.
HostileBehaviour Robots(std::string name, std::string does, std::string record, Answerer robots) {
  return {std::move(name), std::move(does), std::move(record), "http",
          Serving(std::move(robots), PlainPage)};
}

HostileBehaviour FixedRobots(std::string name, std::string does, std::string record,
                             std::string answer) {
  return Robots(std::move(name), std::move(does), std::move(record),
                [answer = std::move(answer)](HostileConnection& c) { return c.Send(answer); });
}

// No HTTP at all before the behaviour begins.
HostileBehaviour Raw(std::string name, std::string does, std::string record, std::string scheme,
                     std::function<void(HostileConnection&)> serve) {
  return {std::move(name), std::move(does), std::move(record), std::move(scheme), std::move(serve)};
}

// The number at the end of a path; 0 where there is none.
int NumberIn(const std::string& path) {
  size_t begin = path.size();
  while (begin > 0 && path[begin - 1] >= '0' && path[begin - 1] <= '9') --begin;
  int number = 0;
  return absl::SimpleAtoi(path.substr(begin), &number) ? number : 0;
}

std::string Sitemap(absl::string_view kind, absl::string_view item, absl::string_view loc) {
  return absl::StrCat("<?xml version=\"1.0\"?>\n<", kind,
                      " xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><", item, "><loc>",
                      loc, "</loc></", item, "></", kind, ">\n");
}

// robots.txt names one sitemap, which is answered by `sitemap`.
HostileBehaviour WithSitemap(std::string name, std::string does, std::string record,
                             std::string sitemap_path, Answerer sitemap) {
  const auto robots = [sitemap_path](HostileConnection& c) {
    return c.Send(SizedAs("text/plain", absl::StrCat("Sitemap: ", c.origin(), sitemap_path, "\n")));
  };
  const auto page = [sitemap = std::move(sitemap)](HostileConnection& c) {
    return c.path() == "/" ? PlainPage(c) : sitemap(c);
  };
  return {std::move(name), std::move(does), std::move(record), "http", Serving(robots, page)};
}

// --- The table -----------------------------------------------------------------------------------

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
  all->push_back(Last(
      "gzip-close", "sends a gzip body without length, and closes in the middle of it",
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

void AddRedirects(std::vector<HostileBehaviour>* all) {
  all->push_back(
      Fixed("redirect-self", "redirects to itself", "failed: redirect-limit", Redirect("/")));
  all->push_back(
      Page("redirect-pair", "redirects / to /b and back", "redirected; /b failed: redirect-limit",
           [](HostileConnection& c) { return c.Send(Redirect(c.path() == "/" ? "/b" : "/")); }));
  all->push_back(Page("redirect-chain", "redirects 10,000 times",
                      "redirected; the eleventh hop excluded: redirect-limit",
                      [](HostileConnection& c) {
                        const int hop = NumberIn(c.path());
                        if (hop >= 10000) return PlainPage(c);
                        return c.Send(Redirect(absl::StrCat("/", hop + 1)));
                      }));
  const std::string refused = "redirected; the target's host parked: address-refused";
  all->push_back(Fixed("redirect-private", "redirects to a private address", refused,
                       Redirect("http://10.11.12.13/private")));
  all->push_back(Fixed("redirect-metadata", "redirects to a cloud's metadata", refused,
                       Redirect("http://169.254.169.254/latest/meta-data/")));
  all->push_back(Fixed("redirect-mapped", "redirects to a private address inside of an IPv6 one",
                       refused, Redirect("http://[::ffff:192.168.1.1]/mapped")));
  all->push_back(Fixed("redirect-decimal", "redirects to a private address written as one number",
                       refused, Redirect("http://2852039166/decimal")));
  all->push_back(Fixed("redirect-file", "redirects to a file", "failed: redirect-invalid",
                       Redirect("file:///etc/passwd")));
  all->push_back(Fixed("redirect-javascript", "redirects to a script", "failed: redirect-invalid",
                       Redirect("javascript:alert(1)")));
  all->push_back(Fixed("redirect-data", "redirects to a data URL", "failed: redirect-invalid",
                       Redirect("data:text/html,hello")));
  all->push_back(Fixed("redirect-nowhere", "redirects without a Location",
                       "failed: redirect-invalid", Head(302, "Content-Length: 0\r\n")));
  all->push_back(Fixed("redirect-1mb", "redirects to a URL of 1 MB", "failed: too-large",
                       Redirect("/" + std::string(kMega, 'x'))));
  all->push_back(Fixed("redirect-64kb", "redirects to a URL of 64 KB", "failed: redirect-invalid",
                       Redirect("/" + std::string(65536, 'x'))));
  all->push_back(Page("redirect-endless-body", "redirects, with a body without an end",
                      "redirected; the target fetched", [](HostileConnection& c) {
                        if (c.path() != "/") return PlainPage(c);
                        return Endless(Head(302, "Location: /target\r\n"),
                                       std::string(65536, 'x'))(c);
                      }));
}

void AddRobots(std::vector<HostileBehaviour>* all) {
  all->push_back(Robots("robots-drip", "drips its robots.txt for ever",
                        "queued; its host parked: robots cannot be had",
                        Drip(Head(200), "# a comment\n")));
  all->push_back(Robots("robots-silent", "never answers for robots.txt",
                        "queued; its host parked: timeout", [](HostileConnection& c) {
                          c.Hold();
                          return false;
                        }));
  all->push_back(Robots("robots-100mb", "has a robots.txt of 100 MB that forbids / at its begin",
                        "excluded: robots-disallowed", [](HostileConnection& c) {
                          const std::string part = Repeat("Disallow: /0123456789\n", kMega);
                          bool open = c.Send(Head(200) + "User-agent: *\nDisallow: /\n");
                          for (int i = 0; open && i < 100; ++i) open = c.Send(part);
                          return false;
                        }));
  all->push_back(Robots("robots-one-line", "has a robots.txt of one line without an end",
                        "fetched: nothing is forbidden",
                        Endless(Head(200) + "Disallow", std::string(65536, 'x'))));
  all->push_back(FixedRobots("robots-noise", "has a robots.txt of random bytes",
                             "fetched: nothing is forbidden", Sized(Noise(100000))));
  all->push_back(FixedRobots("robots-html", "answers a web page for robots.txt",
                             "fetched: nothing is forbidden", Sized(kPage)));
  all->push_back(FixedRobots("robots-gzip-bomb", "has a gzip bomb for robots.txt",
                             "fetched: nothing is forbidden",
                             Sized(GzipBomb(), "Content-Encoding: gzip\r\n")));
  all->push_back(FixedRobots("robots-corrupt", "has a robots.txt that cannot be decoded",
                             "queued; its host parked: robots-unreachable",
                             Sized("User-agent: *\nAllow: /\n", "Content-Encoding: gzip\r\n")));
  all->push_back(Robots("robots-loop", "redirects robots.txt to itself",
                        "fetched: nothing is forbidden",
                        [](HostileConnection& c) { return c.Send(Redirect("/robots.txt")); }));
  const auto hops = [](int count) {
    const auto answer = [count](HostileConnection& c) {
      const int hop = NumberIn(c.path());
      if (hop < count) return c.Send(Redirect(absl::StrCat("/hop/", hop + 1)));
      return c.Send(SizedAs("text/plain", "User-agent: *\nDisallow: /\n"));
    };
    return Serving(answer, [answer](HostileConnection& c) {
      return absl::StartsWith(c.path(), "/hop/") ? answer(c) : PlainPage(c);
    });
  };
  all->push_back({"robots-five-hops", "has robots.txt behind five redirects; it forbids all",
                  "excluded: robots-disallowed", "http", hops(5)});
  all->push_back({"robots-six-hops", "has robots.txt behind six redirects",
                  "fetched: nothing is forbidden", "http", hops(6)});
  all->push_back(Robots(
      "robots-other-host", "redirects robots.txt to another host, which forbids /forbidden",
      "fetched", [](HostileConnection& c) {
        const size_t colon = c.origin().rfind(':');
        return c.Send(
            Redirect(absl::StrCat("http://127.66.255.1", c.origin().substr(colon), "/robots.txt")));
      }));
  all->push_back(Robots("robots-private", "redirects robots.txt to a private address",
                        "queued; its host parked: address-refused", [](HostileConnection& c) {
                          return c.Send(Redirect("http://10.11.12.14/robots.txt"));
                        }));
  all->push_back(FixedRobots("robots-503", "answers 503 for robots.txt",
                             "queued; its host parked: robots-unreachable",
                             Head(503, "Content-Length: 0\r\n")));
  all->push_back(FixedRobots("robots-429-year", "answers 429 for robots.txt, to be asked in a year",
                             "queued; its host waits for a day at most",
                             Head(429, "Retry-After: 31536000\r\nContent-Length: 0\r\n")));
  all->push_back(FixedRobots("crawl-delay-absurd", "asks for a delay of three years",
                             "queued; its host waits for five minutes at most",
                             SizedAs("text/plain", "User-agent: *\nCrawl-delay: 99999999\n")));
  all->push_back(Fixed("retry-after-year", "answers 503 for its page, to be asked in a year",
                       "queued; its host waits for a day at most",
                       Head(503, "Retry-After: 31536000\r\nContent-Length: 0\r\n")));
  all->push_back(
      Fixed("retry-after-past", "answers 503 with Retry-After: a date long gone",
            "failed: http-status 503",
            Head(503, "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n")));
}

void AddPages(std::vector<HostileBehaviour>* all) {
  all->push_back(Fixed("url-1mb", "links to a URL of 1 MB, and to /ok", "fetched, and /ok; no more",
                       Sized(absl::StrCat("<a href=\"/", std::string(kMega, 'x'),
                                          "\">long</a><a href=/ok>ok</a>"))));
  std::string links;
  for (int i = 0; i < 1000000; ++i) absl::StrAppend(&links, "<a href=/", i, ">");
  all->push_back(
      Page("links-million", "links to a million pages, none of which it has",
           "fetched, with as many links as the limit allows",
           [page = Sized(Gzip(links), "Content-Encoding: gzip\r\n")](HostileConnection& c) {
             return c.Send(c.path() == "/" ? page : NotFound());
           }));
  all->push_back(Fixed("nesting-divs", "nests divs 400,000 deep", "fetched",
                       Sized(Repeat("<div>", 2000000) + "<a href=/>end</a>")));
  all->push_back(Fixed("nesting-lists", "nests lists 200,000 deep", "fetched",
                       Sized(Repeat("<ul><li>", 1600000))));
  all->push_back(Fixed("nesting-formatting", "opens formatting in the wrong order, without end",
                       "fetched", Sized(Repeat("<b><i><p></b><a href=/>", 1000000))));
  all->push_back(Fixed("nesting-tables", "nests tables and forms wrongly", "fetched",
                       Sized(Repeat("<table><tr><td><form><b><table>", 1000000))));
  std::string attributes = "<p";
  for (int i = 0; i < 100000; ++i) absl::StrAppend(&attributes, " a", i, "=1");
  all->push_back(Fixed("attributes-many", "has a tag of 100,000 attributes", "fetched",
                       Sized(attributes + "><a href=/>x</a>")));
  all->push_back(Fixed("comment-open", "opens a comment and never closes it", "fetched",
                       Sized("<!-- " + Repeat("<!-- - -- ", 1500000))));
  all->push_back(Fixed("entities-bomb", "is full of character references", "fetched",
                       Sized(Repeat("&NotNestedGreaterGreater;", 2000000))));
  all->push_back(Fixed("type-lies-html", "calls a picture a page", "fetched",
                       Sized("\x89PNG\r\n\x1a\n" + Noise(20000))));
  all->push_back(
      Fixed("type-lies-image", "calls a page a picture", "fetched", SizedAs("image/png", kPage)));
  all->push_back(Fixed("type-none-sense", "has a media type of 20 KB", "fetched",
                       SizedAs("text/" + std::string(20000, 'x'), kPage)));
  all->push_back(Fixed("charset-lies", "says UTF-16 and sends ASCII", "fetched",
                       SizedAs("text/html; charset=utf-16", kPage)));
  all->push_back(Fixed("charset-unknown", "names a charset that does not exist", "fetched",
                       SizedAs("text/html; charset=klingon", kPage)));
  all->push_back(Fixed("charset-broken", "says UTF-8 and sends noise", "fetched",
                       SizedAs("text/html; charset=utf-8", Noise(200000))));
}

void AddSitemaps(std::vector<HostileBehaviour>* all) {
  all->push_back(WithSitemap(
      "sitemap-nested", "has a sitemap index that leads to the next, for ever",
      "fetched, up to the limit of nesting; the next excluded: redirect-limit", "/index-0",
      [](HostileConnection& c) {
        return c.Send(SizedAs(
            "text/xml", Sitemap("sitemapindex", "sitemap",
                                absl::StrCat(c.origin(), "/index-", NumberIn(c.path()) + 1))));
      }));
  all->push_back(WithSitemap(
      "sitemap-gzip-bomb", "has a gzip bomb for a sitemap", "fetched", "/bomb.xml.gz",
      [](HostileConnection& c) { return c.Send(SizedAs("application/gzip", GzipBomb())); }));
  all->push_back(
      WithSitemap("sitemap-50mb", "has a sitemap of 50 MB, all of one page",
                  "fetched, truncated at the limit", "/big.xml", [](HostileConnection& c) {
                    const std::string part =
                        Repeat(absl::StrCat("<url><loc>", c.origin(), "/</loc></url>"), kMega);
                    bool open = c.Send(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<?xml version=\"1.0\"?>"
                        "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
                    for (int i = 0; open && i < 50; ++i) open = c.Send(part);
                    return false;
                  }));
  all->push_back(WithSitemap(
      "sitemap-entities", "has a sitemap of entities that multiply (a billion laughs)", "fetched",
      "/laughs.xml", [](HostileConnection& c) {
        std::string body = "<?xml version=\"1.0\"?><!DOCTYPE urlset [<!ENTITY a0 \"ha\">";
        for (int i = 1; i < 30; ++i) {
          absl::StrAppend(&body, "<!ENTITY a", i, " \"", Repeat(absl::StrCat("&a", i - 1, ";"), 40),
                          "\">");
        }
        return c.Send(
            SizedAs("text/xml", body + "]><urlset><url><loc>http://x/&a29;</loc></url></urlset>"));
      }));
}

}  // namespace

const std::vector<HostileBehaviour>& HostileBehaviours() {
  static const auto* const behaviours = [] {
    auto* all = new std::vector<HostileBehaviour>;
    AddHeaders(all);
    AddStatusLines(all);
    AddBodies(all);
    AddConnections(all);
    AddCodings(all);
    AddRedirects(all);
    AddRobots(all);
    AddPages(all);
    AddSitemaps(all);
    AddHttp2Behaviours(all);
    return all;
  }();
  return *behaviours;
}

void ServeWellBehaved(HostileConnection& connection) {
  Serving(
      [](HostileConnection& c) {
        return c.Send(SizedAs("text/plain", "User-agent: *\nDisallow: /forbidden\n"));
      },
      [](HostileConnection& c) {
        return c.Send(Sized("<a href=/forbidden>no</a><a href=/other>yes</a>"));
      })(connection);
}

}  // namespace testing
}  // namespace spindle
