// One connection of a client to the hostile server, as a behaviour sees it: blocking reads and
// writes that end when either side goes, so that a behaviour is written down as what it does, line
// by line.
//
// Belongs to one thread, but for End().

#ifndef SPINDLE_TESTS_TESTING_HOSTILE_CONNECTION_H_
#define SPINDLE_TESTS_TESTING_HOSTILE_CONNECTION_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spindle {
namespace testing {

class HostileConnection {
 public:
  // What was asked for, and how often before; called once a request.
  using Recorder = std::function<int(const std::string& path)>;

  // Owns `fd`, a connected socket. `origin` is what the client called: "http://127.66.0.1:8080".
  HostileConnection(int fd, std::string origin, Recorder recorder);
  ~HostileConnection();
  HostileConnection(const HostileConnection&) = delete;

  // The head of the next request. False: the client is gone, or sent none within a minute.
  bool ReadRequest();

  // Of the last request.
  const std::string& path() const { return path_; }
  int visit() const { return visit_; }  // earlier requests for this path

  const std::string& origin() const { return origin_; }

  // For protocols that ReadRequest() does not speak: what came, appended to `bytes`, and a request
  // that was found in it. False: as ReadRequest().
  bool Receive(std::string* bytes);
  void Note(std::string path);

  // Each is false once the client is gone or End() was called.
  bool Send(absl::string_view bytes);
  bool Pause(absl::Duration duration);
  // Until the client goes.
  void Hold();

  // Ends the connection with a RST instead of a FIN.
  void Reset();

  // From any thread: everything that blocks gives up.
  void End();

  int fd() const { return fd_; }

 private:
  const int fd_;
  const std::string origin_;
  const Recorder recorder_;
  std::string in_;
  std::string path_;
  int visit_ = 0;
};

}  // namespace testing
}  // namespace spindle

#endif  // SPINDLE_TESTS_TESTING_HOSTILE_CONNECTION_H_
