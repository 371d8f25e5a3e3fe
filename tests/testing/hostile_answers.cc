#include "tests/testing/hostile_answers.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/testing/coded_bytes.h"

namespace spindle {
namespace testing {

std::string Head(int status, absl::string_view fields) {
  return absl::StrCat("HTTP/1.1 ", status, " Hm\r\nContent-Type: text/html\r\n", fields, "\r\n");
}

std::string Sized(absl::string_view body, absl::string_view fields) {
  return absl::StrCat(Head(200, absl::StrCat("Content-Length: ", body.size(), "\r\n", fields)),
                      body);
}

std::string SizedAs(absl::string_view type, absl::string_view body, absl::string_view fields) {
  return absl::StrCat("HTTP/1.1 200 Hm\r\nContent-Type: ", type,
                      "\r\nContent-Length: ", body.size(), "\r\n", fields, "\r\n", body);
}

std::string Repeat(absl::string_view part, size_t bytes) {
  std::string all;
  all.reserve(bytes + part.size());
  while (all.size() < bytes) all.append(part.data(), part.size());
  return all;
}

std::string NotFound() { return Head(404, "Content-Length: 0\r\n"); }

const std::string& GzipBomb() {
  static const auto* const bomb = new std::string(Gzip(std::string(16 * kMega, ' '), 16));
  return *bomb;
}

std::string Noise(size_t count) {
  std::string noise;
  uint32_t state = 12345;
  while (noise.size() < count) {
    state = state * 1664525 + 1013904223;
    noise.push_back(static_cast<char>(state >> 24));
  }
  return noise;
}

std::function<void(HostileConnection&)> Serving(Answerer robots, Answerer page) {
  return [robots = std::move(robots), page = std::move(page)](HostileConnection& connection) {
    bool open = true;
    while (open && connection.ReadRequest()) {
      open = connection.path() == "/robots.txt" ? robots(connection) : page(connection);
    }
  };
}

bool PlainPage(HostileConnection& connection) { return connection.Send(Sized(kPage)); }

HostileBehaviour Page(std::string name, std::string does, std::string record, Answerer page) {
  return {std::move(name), std::move(does), std::move(record), "http",
          Serving([](HostileConnection& c) { return c.Send(NotFound()); }, std::move(page))};
}

HostileBehaviour Fixed(std::string name, std::string does, std::string record, std::string answer) {
  return Page(std::move(name), std::move(does), std::move(record),
              [answer = std::move(answer)](HostileConnection& c) { return c.Send(answer); });
}

Answerer Endless(std::string beginning, std::string piece) {
  return [beginning = std::move(beginning), piece = std::move(piece)](HostileConnection& c) {
    bool open = c.Send(beginning);
    while (open) open = c.Send(piece);
    return false;
  };
}

Answerer Drip(std::string beginning, std::string piece) {
  return [beginning = std::move(beginning), piece = std::move(piece)](HostileConnection& c) {
    bool open = c.Send(beginning);
    while (open) open = c.Send(piece) && c.Pause(kDrip);
    return false;
  };
}

}  // namespace testing
}  // namespace spindle
