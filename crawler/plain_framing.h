#ifndef SPINDLE_CRAWLER_PLAIN_FRAMING_H_
#define SPINDLE_CRAWLER_PLAIN_FRAMING_H_

#include <cstdint>
#include <optional>

namespace spindle {

// What a plain connection received beyond the body that was given on: sizes, extensions and ends of
// chunks, of which a server may send any number while nobody is called but for the progress of the
// transfer. TlsTraffic is the same over TLS. A value.
class PlainFraming {
 public:
  // To be called now and then, from the end of the header on; looks at the socket each fourth time,
  // which takes longer than the rest of it, and most answers have fewer. `received_bytes`: of the
  // body. Whether there is too much.
  bool IsTooMuch(int socket, int64_t received_bytes);

 private:
  uint32_t calls_ = 0;
  std::optional<int64_t> least_bytes_;  // header included
};

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_PLAIN_FRAMING_H_
