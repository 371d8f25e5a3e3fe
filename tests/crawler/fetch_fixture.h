// What tests of the fetcher and of its parts share.

#ifndef SPINDLE_TESTS_CRAWLER_FETCH_FIXTURE_H_
#define SPINDLE_TESTS_CRAWLER_FETCH_FIXTURE_H_

#include <sys/socket.h>

#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "crawler/fetcher.h"
#include "gtest/gtest.h"
#include "parsers/url.h"
#include "tests/testing/raw_http_server.h"

namespace spindle {

// Answers each connection with bytes of the test's choice, whatever it asks, and closes; or holds
// it open.
class RawServer {
 public:
  explicit RawServer(std::string answer, bool hold = false)
      : answer_(std::move(answer)), hold_(hold), server_([this](int fd) { Serve(fd); }) {}

  // The last one, as it came.
  std::string Request() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return request_;
  }
  int port() const { return server_.port(); }
  std::string Url() const { return absl::StrCat("http://127.0.0.1:", port(), "/"); }

 private:
  void Serve(int connection) {
    {
      std::string request = testing::ReadHead(connection);
      const std::lock_guard<std::mutex> lock(mu_);
      request_ = std::move(request);
    }
    testing::WriteAll(connection, answer_);
    char c;
    while (hold_ && recv(connection, &c, 1, 0) > 0) {  // until the client goes away
    }
  }

  const std::string answer_;
  const bool hold_;
  mutable std::mutex mu_;
  std::string request_;
  testing::ConnectionServer server_;
};

class FetchFixture : public ::testing::Test {
 protected:
  FetchFixture() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    options_.guard = AddressGuard({*IpNetwork::Parse("127.0.0.0/8")});
    options_.multi_handle_count = 2;
  }

  FetchResponse Fetch(const std::string& url, bool keep_alive = false) {
    EventLoop loop([] {});
    Fetcher fetcher(&loop, options_, resolver_options_);
    return FetchWith(&loop, &fetcher, url, keep_alive);
  }
  FetchResponse Fetch(const FetchRequest& request) {
    EventLoop loop([] {});
    Fetcher fetcher(&loop, options_, resolver_options_);
    return FetchWith(&loop, &fetcher, request);
  }
  FetchResponse FetchWith(EventLoop* loop, Fetcher* fetcher, const std::string& url,
                          bool keep_alive) {
    return FetchWith(loop, fetcher, RequestOf(url, keep_alive));
  }
  FetchResponse FetchWith(EventLoop* loop, Fetcher* fetcher, const FetchRequest& request) {
    FetchResponse result;
    fetcher->Fetch(request, [&](FetchResponse response) {
      result = std::move(response);
      loop->Stop();
    });
    loop->Run();
    return result;
  }
  static FetchRequest RequestOf(const std::string& text, bool keep_alive) {
    const Url url = *Url::Parse(text);
    FetchRequest request;
    request.url = url.href();
    request.host = std::string(url.host());
    request.port = url.effective_port();
    request.affinity = 1;
    request.keep_alive = keep_alive;
    return request;
  }

  FetcherOptions options_;
  ResolverOptions resolver_options_;
};

}  // namespace spindle

#endif  // SPINDLE_TESTS_CRAWLER_FETCH_FIXTURE_H_
