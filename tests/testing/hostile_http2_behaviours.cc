#include "tests/testing/hostile_http2_behaviours.h"

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/testing/coded_bytes.h"
#include "tests/testing/http2_connection.h"

namespace spindle {
namespace testing {
namespace {

constexpr uint8_t kWhole = kEndHeaders | kEndStream;

// Serves one request whose head was read; false: close the connection.
using Answerer = std::function<bool(Http2Connection&)>;

// --- Words of the protocol -----------------------------------------------------------------------

std::string Status(absl::string_view status) { return Field(":status", status); }

// The fields of a page.
std::string PageFields() { return Status("200") + Field("content-type", "text/html"); }

// The header of a page; its body is to follow.
std::string PageHead(uint32_t stream) { return Headers(stream, PageFields(), kEndHeaders); }

// A page of the beginning alone.
std::string HalfPage(uint32_t stream) { return PageHead(stream) + Data(stream, kPage); }

// The same in gzip, whose end would follow.
std::string HalfGzip(uint32_t stream) {
  const std::string coded = Gzip(absl::StrCat(kPage, std::string(2000, ' ')));
  return Headers(stream, PageFields() + Field("content-encoding", "gzip"), kEndHeaders) +
         Data(stream, coded.substr(0, coded.size() - 10));
}

std::string WholePage(uint32_t stream) {
  return PageHead(stream) + Data(stream, kPage, kEndStream);
}

std::string SettingsAck() { return Frame(kSettingsFrame, kAck, 0, ""); }

std::string Times(size_t count, absl::string_view part) {
  std::string all;
  all.reserve(count * part.size());
  for (size_t i = 0; i < count; ++i) all.append(part.data(), part.size());
  return all;
}

// --- Kinds of behaviour --------------------------------------------------------------------------

// A site without robots.txt, whose every page is answered by `page`.
HostileBehaviour Page(std::string name, std::string does, std::string record, Answerer page) {
  const auto serve = [page = std::move(page)](HostileConnection& connection) {
    Http2Connection h2(&connection);
    bool open = h2.Start() && (!h2.is_http2() || h2.Send(Settings() + SettingsAck()));
    while (open && h2.ReadRequest()) {
      if (!h2.is_http2()) {
        open = h2.Send(h2.path() == "/robots.txt"
                           ? "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n"
                           : absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                          "Content-Length: ",
                                          sizeof(kPage) - 1, "\r\n\r\n", kPage));
      } else if (h2.path() == "/robots.txt") {
        open = h2.Send(Headers(h2.stream(), Status("404"), kWhole));
      } else {
        open = page(h2);
      }
    }
  };
  return {std::move(name), std::move(does), std::move(record), "https", serve};
}

// What it answers with depends on the stream alone; the connection goes on.
using Composer = std::function<std::string(uint32_t stream)>;
HostileBehaviour Fixed(std::string name, std::string does, std::string record, Composer answer) {
  return Page(
      std::move(name), std::move(does), std::move(record),
      [answer = std::move(answer)](Http2Connection& h2) { return h2.Send(answer(h2.stream())); });
}

// As Fixed(), then the end of the connection.
HostileBehaviour Last(std::string name, std::string does, std::string record, Composer answer) {
  return Page(std::move(name), std::move(does), std::move(record),
              [answer = std::move(answer)](Http2Connection& h2) {
                h2.Send(answer(h2.stream()));
                return false;
              });
}

std::string Nothing(uint32_t) { return ""; }

// A beginning, and a moment later something that ends it; then the end of the connection, where it
// `closes`.
HostileBehaviour Breaks(std::string name, std::string does, std::string record, Composer beginning,
                        Composer end, bool closes) {
  return Page(
      std::move(name), std::move(does), std::move(record),
      [beginning = std::move(beginning), end = std::move(end), closes](Http2Connection& h2) {
        return h2.Send(beginning(h2.stream())) && h2.connection().Pause(kDrip) &&
               h2.Send(end(h2.stream())) && !closes;
      });
}

// A beginning, then the same frames for ever, as fast as they are taken.
HostileBehaviour Flood(std::string name, std::string does, std::string record, Composer beginning,
                       Composer frames) {
  return Page(std::move(name), std::move(does), std::move(record),
              [beginning = std::move(beginning), frames = std::move(frames)](Http2Connection& h2) {
                const std::string flood = frames(h2.stream());
                bool open = h2.Send(beginning(h2.stream()));
                while (open) open = h2.Send(flood);
                return false;
              });
}

// A beginning, then the same frame for ever, twenty times a second.
HostileBehaviour Drip(std::string name, std::string does, std::string record, Composer beginning,
                      Composer frame) {
  return Page(std::move(name), std::move(does), std::move(record),
              [beginning = std::move(beginning), frame = std::move(frame)](Http2Connection& h2) {
                bool open = h2.Send(beginning(h2.stream()));
                while (open) open = h2.Send(frame(h2.stream())) && h2.connection().Pause(kDrip);
                return false;
              });
}

// A behaviour from the first byte after the client's preface on.
HostileBehaviour Raw(std::string name, std::string does, std::string record, Answerer serve) {
  return {std::move(name), std::move(does), std::move(record), "https",
          [serve = std::move(serve)](HostileConnection& connection) {
            Http2Connection h2(&connection);
            if (h2.Start()) serve(h2);
          }};
}

// A page with one field more.
Composer PageWith(absl::string_view name, absl::string_view value) {
  const std::string block = PageFields() + Field(name, value);
  return [block](uint32_t stream) {
    return Headers(stream, block, kEndHeaders) + Data(stream, kPage, kEndStream);
  };
}

// --- The table -----------------------------------------------------------------------------------

void AddEnds(std::vector<HostileBehaviour>* all) {
  all->push_back(
      Fixed("h2-plain", "serves a page over HTTP/2, as it should", "fetched", WholePage));
  all->push_back(Fixed("h2-reset", "resets the stream where an answer is due", "failed: reset",
                       [](uint32_t s) { return ResetStream(s, kInternalError); }));
  all->push_back(Fixed("h2-reset-refused", "refuses every stream", "failed: reset",
                       [](uint32_t s) { return ResetStream(s, kRefusedStream); }));
  all->push_back(Fixed("h2-reset-http11", "resets the stream and demands HTTP/1.1, which it speaks",
                       "fetched, over HTTP/1.1",
                       [](uint32_t s) { return ResetStream(s, kHttp11Required); }));
  all->push_back(Fixed("h2-reset-after-end", "resets the stream after a page, which is no error",
                       "fetched",
                       [](uint32_t s) { return WholePage(s) + ResetStream(s, kNoError); }));
  const std::string interrupted = "fetched, truncated: interrupted";
  const auto reset = [](uint32_t s) { return ResetStream(s, kCancel); };
  const auto reset_as_if_right = [](uint32_t s) { return ResetStream(s, kNoError); };
  const auto error = [](uint32_t) { return WindowUpdate(0, 0); };
  all->push_back(Breaks("h2-reset-in-body", "resets the stream in the middle of a body",
                        interrupted, HalfPage, reset, /*closes=*/false));
  all->push_back(Breaks("h2-close-in-body", "closes in the middle of a body", interrupted, HalfPage,
                        Nothing, /*closes=*/true));
  // libcurl 7.88 takes these ends for whole ones; a length that was promised tells, or the coding.
  all->push_back(Breaks(
      "h2-reset-in-body-no-error",
      "promises 1,000 bytes, and resets the stream as if nothing was wrong", interrupted,
      [](uint32_t s) {
        return Headers(s, PageFields() + Field("content-length", "1000"), kEndHeaders) +
               Data(s, kPage);
      },
      reset_as_if_right, /*closes=*/false));
  all->push_back(Breaks("h2-reset-in-gzip",
                        "resets the stream in the middle of gzip, as if nothing was wrong",
                        interrupted, HalfGzip, reset_as_if_right, /*closes=*/false));
  all->push_back(Breaks("h2-reset-and-close-in-gzip",
                        "resets the stream in the middle of gzip, and closes", interrupted,
                        HalfGzip, reset, /*closes=*/true));
  all->push_back(Breaks("h2-error-in-gzip",
                        "breaks the protocol of the connection in the middle of gzip", interrupted,
                        HalfGzip, error, /*closes=*/false));
  const std::string untold = "fetched, as if it was whole";
  all->push_back(Breaks("h2-reset-in-body-untold",
                        "resets the stream in the middle of a body without length, as if nothing "
                        "was wrong",
                        untold, HalfPage, reset_as_if_right, /*closes=*/false));
  all->push_back(Breaks("h2-error-in-body-untold",
                        "breaks the protocol of the connection in a body without length", untold,
                        HalfPage, error, /*closes=*/false));
  all->push_back(Last("h2-goaway", "says goodbye where an answer is due", "failed: reset",
                      [](uint32_t) { return GoAway(0, kEnhanceYourCalm); }));
  all->push_back(Breaks(
      "h2-goaway-in-body", "says goodbye in the middle of a body, and closes", interrupted,
      HalfPage, [](uint32_t) { return GoAway(0, kInternalError); }, /*closes=*/true));
  all->push_back(Breaks(
      "h2-goaway-in-body-clean",
      "says goodbye in the middle of a body, as if nothing was wrong, and closes", interrupted,
      HalfPage, [](uint32_t s) { return GoAway(s, kNoError); }, /*closes=*/true));
  all->push_back(Last(
      "h2-goaway-graceful", "says goodbye in the middle of a body, and sends the rest", "fetched",
      [](uint32_t s) { return PageHead(s) + GoAway(s, kNoError) + Data(s, kPage, kEndStream); }));
  all->push_back(Raw("h2-goaway-first", "says goodbye before anything else, and closes",
                     "queued; its host parked: reset", [](Http2Connection& h2) {
                       return h2.Send(Settings() + GoAway(0, kNoError));
                     }));
}

void AddFloods(std::vector<HostileBehaviour>* all) {
  const std::string cut = "failed: too-large, too much framing";
  const std::string refused = "failed: protocol";
  all->push_back(Flood("h2-settings-flood", "sends settings for ever", cut, Nothing,
                       [](uint32_t) { return Times(1000, Settings()); }));
  all->push_back(Flood("h2-settings-ack-flood", "acknowledges settings that nobody sent, for ever",
                       "failed: protocol", Nothing,
                       [](uint32_t) { return Times(1000, SettingsAck()); }));
  all->push_back(Flood("h2-ping-flood", "pings for ever", cut, Nothing, [](uint32_t) {
    return Times(1000, Frame(kPingFrame, kNoFlags, 0, "12345678"));
  }));
  all->push_back(
      Flood("h2-ping-flood-in-body", "pings for ever in the middle of a body", cut, HalfPage,
            [](uint32_t) { return Times(1000, Frame(kPingFrame, kAck, 0, "12345678")); }));
  all->push_back(
      Flood("h2-reset-flood", "resets a stream that is over, or was never there, for ever",
            "failed: too-large, or protocol", Nothing,
            [](uint32_t s) { return Times(1000, ResetStream(s > 1 ? 1 : 3, kCancel)); }));
  all->push_back(Flood("h2-empty-data-flood", "sends DATA without a byte for ever", cut, PageHead,
                       [](uint32_t s) { return Times(1000, Data(s, "")); }));
  all->push_back(Flood(
      "h2-padding-flood", "sends DATA of padding alone for ever", cut, PageHead, [](uint32_t s) {
        return Times(100, Frame(kDataFrame, kPadded, s, "\xff" + std::string(255, '\0')));
      }));
  all->push_back(
      Flood("h2-priority-flood", "sends priorities for ever", cut, Nothing, [](uint32_t s) {
        return Times(1000,
                     Frame(kPriorityFrame, kNoFlags, s, Number32(0) + std::string(1, '\x10')));
      }));
  all->push_back(Flood("h2-unknown-flood", "sends frames of an unknown type for ever", cut, Nothing,
                       [](uint32_t s) { return Times(100, Frame(0xbb, 0xff, s, "unknown")); }));
  all->push_back(Flood("h2-window-flood", "opens its window byte by byte for ever", cut, Nothing,
                       [](uint32_t) { return Times(1000, WindowUpdate(0, 1)); }));
  all->push_back(Flood("h2-goaway-flood", "says goodbye for ever", cut, Nothing,
                       [](uint32_t s) { return Times(1000, GoAway(s, kNoError)); }));
  all->push_back(Flood(
      "h2-continuation-flood", "continues a header for ever, with nothing", "failed: too-large",
      [](uint32_t s) { return Headers(s, PageFields(), kNoFlags); },
      [](uint32_t s) { return Times(1000, Frame(kContinuationFrame, kNoFlags, s, "")); }));
  all->push_back(Flood("h2-interim-flood", "sends 103 answers for ever", "failed: too-large",
                       Nothing, [](uint32_t s) {
                         return Times(
                             100, Headers(s, Status("103") + Field("link", "</a>"), kEndHeaders));
                       }));
}

void AddBroken(std::vector<HostileBehaviour>* all) {
  const std::string refused = "failed: protocol";
  all->push_back(Raw("h2-speaks-http1", "agrees to HTTP/2 and answers in HTTP/1.1",
                     "queued; its host parked: protocol", [](Http2Connection& h2) {
                       return h2.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") &&
                              h2.connection().Pause(absl::Seconds(1));
                     }));
  all->push_back(Raw("h2-noise", "agrees to HTTP/2 and sends bytes without meaning for ever",
                     "queued; its host parked: protocol", [](Http2Connection& h2) {
                       std::string noise;
                       for (uint32_t i = 0; i < 65536; ++i) {
                         noise.push_back(static_cast<char>(i * 2654435761u >> 24));
                       }
                       while (h2.Send(noise)) {
                       }
                       return false;
                     }));
  all->push_back(Fixed("h2-noise-for-answer", "sends bytes without meaning for an answer", refused,
                       [](uint32_t) { return Times(1000, "\xde\xad\xbe\xef"); }));
  all->push_back(Raw("h2-silent", "agrees to HTTP/2 and says nothing",
                     "queued; its host parked: timeout", [](Http2Connection& h2) {
                       h2.connection().Hold();
                       return false;
                     }));
  all->push_back(Fixed("h2-frame-too-large", "sends a frame of 1 MB, over the maximum", refused,
                       [](uint32_t s) { return Data(s, std::string(1 << 20, 'x'), kEndStream); }));
  all->push_back(Fixed("h2-frame-too-short", "sends a RST_STREAM of three bytes", refused,
                       [](uint32_t s) { return Frame(kResetFrame, kNoFlags, s, "abc"); }));
  all->push_back(
      Fixed("h2-window-overflow", "opens a window beyond what a window may be", refused,
            [](uint32_t) { return WindowUpdate(0, 0x7fffffff) + WindowUpdate(0, 0x7fffffff); }));
  all->push_back(
      Fixed("h2-window-overflow-stream", "opens the window of a stream beyond what a window may be",
            refused,
            [](uint32_t s) { return WindowUpdate(s, 0x7fffffff) + WindowUpdate(s, 0x7fffffff); }));
  all->push_back(Fixed("h2-window-zero", "opens its window by nothing", refused,
                       [](uint32_t) { return WindowUpdate(0, 0); }));
  all->push_back(
      Fixed("h2-settings-bad", "sets a window larger than there may be", refused, [](uint32_t) {
        return Settings({{kInitialWindowSize, 0x80000000}});
      }));
  all->push_back(Fixed("h2-settings-frame-size", "sets a frame size smaller than there may be",
                       refused, [](uint32_t) {
                         return Settings({{kMaxFrameSize, 1}});
                       }));
  all->push_back(Raw("h2-streams-none", "allows no stream, and refuses those that come",
                     "queued; its host parked: reset, or timeout", [](Http2Connection& h2) {
                       bool open = h2.Send(Settings({{kMaxConcurrentStreams, 0}}));
                       while (open && h2.ReadRequest()) {
                         open = h2.Send(ResetStream(h2.stream(), kRefusedStream));
                       }
                       return false;
                     }));
  all->push_back(Fixed("h2-push", "pushes a page, which was forbidden", refused, [](uint32_t s) {
    return Frame(kPushPromiseFrame, kEndHeaders, s,
                 Number32(2) + Field(":method", "GET") + Field(":scheme", "https") +
                     Field(":authority", "other.example") + Field(":path", "/pushed")) +
           WholePage(2) + WholePage(s);
  }));
  all->push_back(Fixed(
      "h2-unknown-frames", "strews frames of unknown types over a page", "fetched", [](uint32_t s) {
        const std::string unknown =
            Frame(0xbb, 0xff, s, "unknown") + Frame(0xee, kNoFlags, 0, std::string(99, 'x'));
        return unknown + PageHead(s) + unknown + Data(s, kPage, kEndStream);
      }));
  all->push_back(Fixed("h2-data-first", "sends a body without a header", refused,
                       [](uint32_t s) { return Data(s, kPage, kEndStream); }));
  all->push_back(Fixed("h2-data-elsewhere", "sends a body on a stream that nobody opened", refused,
                       [](uint32_t s) { return Data(s + 100, kPage, kEndStream); }));
  all->push_back(Fixed("h2-data-on-zero", "sends a body on the connection itself", refused,
                       [](uint32_t) { return Data(0, kPage, kEndStream); }));
  all->push_back(
      Fixed("h2-continuation-alone", "continues a header that never began", refused,
            [](uint32_t s) { return Frame(kContinuationFrame, kEndHeaders, s, PageFields()); }));
}

void AddHeaderBlocks(std::vector<HostileBehaviour>* all) {
  const std::string refused = "failed: protocol";
  all->push_back(Fixed("h2-header-upper-case", "sends a field name in upper case", refused,
                       PageWith("X-Upper", "1")));
  all->push_back(Fixed("h2-header-control", "sends a field value with a line break in it", refused,
                       PageWith("x-a", "1\r\nset-cookie: a=b")));
  all->push_back(Fixed("h2-header-nul", "sends a field value with a NUL byte", refused,
                       PageWith("x-a", absl::string_view("1\0", 2))));
  all->push_back(
      Fixed("h2-header-name-empty", "sends a field without a name", refused, PageWith("", "1")));
  all->push_back(Fixed("h2-header-connection", "sends a field of HTTP/1.1 alone", refused,
                       PageWith("transfer-encoding", "chunked")));
  all->push_back(
      Fixed("h2-status-missing", "sends a header without a status", refused, [](uint32_t s) {
        return Headers(s, Field("content-type", "text/html"), kEndHeaders) +
               Data(s, kPage, kEndStream);
      }));
  all->push_back(Fixed("h2-status-word", "has a word for a status", refused,
                       [](uint32_t s) { return Headers(s, Status("ok!"), kWhole); }));
  all->push_back(
      Fixed("h2-status-twice", "sends two statuses", refused, PageWith(":status", "404")));
  all->push_back(Fixed("h2-hpack-index", "refers to a field that was never sent", refused,
                       [](uint32_t s) { return Headers(s, IndexedField(100), kWhole); }));
  all->push_back(Fixed("h2-hpack-bomb", "sends a field once, and refers to it 12,000 times: 48 MB",
                       "failed: too-large", [](uint32_t s) {
                         return Headers(s,
                                        PageFields() +
                                            RememberedField("x", std::string(4000, 'x')) +
                                            Times(12000, IndexedField(62)),
                                        kEndHeaders) +
                                Data(s, kPage, kEndStream);
                       }));
  all->push_back(Flood(
      "h2-hpack-bomb-endless", "refers to a large field for ever", "failed: too-large",
      [](uint32_t s) {
        return Headers(s, PageFields() + RememberedField("x", std::string(4000, 'x')), kNoFlags);
      },
      [](uint32_t s) {
        return Frame(kContinuationFrame, kNoFlags, s, Times(16000, IndexedField(62)));
      }));
  all->push_back(Flood(
      "h2-header-endless", "sends fields for ever", "failed: too-large",
      [](uint32_t s) { return Headers(s, PageFields(), kNoFlags); },
      [](uint32_t s) {
        return Frame(kContinuationFrame, kNoFlags, s, Times(500, Field("x-endless", "0123456789")));
      }));
  all->push_back(Drip(
      "h2-header-drip", "sends a field every now and then, for ever",
      "failed: too-large, too many frames",
      [](uint32_t s) { return Headers(s, PageFields(), kNoFlags); },
      [](uint32_t s) { return Frame(kContinuationFrame, kNoFlags, s, Field("x-drip", "1")); }));
  all->push_back(Flood(
      "h2-trailers-endless", "sends trailers for ever", "failed: too-large",
      [](uint32_t s) { return HalfPage(s) + Headers(s, Field("x-trailer", "1"), kEndStream); },
      [](uint32_t s) {
        return Frame(kContinuationFrame, kNoFlags, s, Times(500, Field("x-trailer", "0123456789")));
      }));
}

void AddBodies(std::vector<HostileBehaviour>* all) {
  const std::string cut = "fetched, truncated at the limit";
  all->push_back(Flood("h2-body-endless", "sends a body for ever, and keeps no window", cut,
                       PageHead,
                       [](uint32_t s) { return Times(10, Data(s, std::string(16384, 'x'))); }));
  all->push_back(Flood("h2-body-crumbs", "sends a body byte by byte, as fast as it is taken",
                       "failed: too-large, too much framing", PageHead,
                       [](uint32_t s) { return Times(1000, Data(s, "x")); }));
  all->push_back(Drip("h2-body-drip", "sends a body byte by byte, for ever",
                      "fetched, truncated: timeout", PageHead,
                      [](uint32_t s) { return Data(s, "x"); }));
  all->push_back(Page("h2-body-stall", "sends half a body and falls silent",
                      "fetched, truncated: timeout", [](Http2Connection& h2) {
                        h2.Send(HalfPage(h2.stream()));
                        h2.connection().Hold();
                        return false;
                      }));
  all->push_back(Fixed("h2-length-too-long", "promises 1,000 bytes and sends fewer",
                       "failed: protocol", PageWith("content-length", "1000")));
  all->push_back(Fixed("h2-length-too-short", "promises ten bytes and sends more",
                       "failed: protocol", PageWith("content-length", "10")));
  all->push_back(Fixed("h2-data-after-end", "sends more of a body that was over", "fetched",
                       [](uint32_t s) { return WholePage(s) + Data(s, kPage, kEndStream); }));
}

}  // namespace

void AddHttp2Behaviours(std::vector<HostileBehaviour>* all) {
  AddEnds(all);
  AddFloods(all);
  AddBroken(all);
  AddHeaderBlocks(all);
  AddBodies(all);
}

}  // namespace testing
}  // namespace spindle
