#include "crawler/fetch_reason.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

Reason Of(CURLcode result, absl::string_view message, bool answered = false, bool http2 = false) {
  return ReasonOf(nullptr, result, message, answered, http2);
}

TEST(FetchReasonTest, WholeAnswersHaveNone) { EXPECT_EQ(Of(CURLE_OK, "", true), Reason::kNone); }

TEST(FetchReasonTest, ConnectionsThatBreakAreToldApartByWhatCameBefore) {
  EXPECT_EQ(Of(CURLE_RECV_ERROR, "Recv failure: Connection reset by peer"), Reason::kReset);
  EXPECT_EQ(Of(CURLE_RECV_ERROR, "Recv failure: Connection reset by peer", true),
            Reason::kInterrupted);
  EXPECT_EQ(Of(CURLE_PARTIAL_FILE, "", true), Reason::kInterrupted);
  EXPECT_EQ(Of(CURLE_GOT_NOTHING, ""), Reason::kReset);
}

TEST(FetchReasonTest, HeadersThatLibcurlRefusesAreTooLarge) {
  EXPECT_EQ(Of(CURLE_RECV_ERROR, "Too large response headers: 307205 > 307200", true),
            Reason::kTooLarge);
  EXPECT_EQ(Of(CURLE_OUT_OF_MEMORY, "Out of memory"), Reason::kTooLarge);
}

TEST(FetchReasonTest, HandshakesThatAreCutOffAreNoFaultOfTls) {
  EXPECT_EQ(Of(CURLE_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: Connection reset by peer"),
            Reason::kReset);
  EXPECT_EQ(Of(CURLE_SSL_CONNECT_ERROR, "error:0A00042E:SSL routines::tlsv1 alert protocol"),
            Reason::kTls);
  EXPECT_EQ(Of(CURLE_PEER_FAILED_VERIFICATION, "certificate has expired"), Reason::kTls);
}

TEST(FetchReasonTest, SlowAnswersAreNotTimeouts) {
  EXPECT_EQ(Of(CURLE_OPERATION_TIMEDOUT, "Operation too slow. Less than 1000 bytes/sec", true),
            Reason::kLowSpeed);
}

TEST(FetchReasonTest, WhatIsLeftIsTheProtocol) {
  EXPECT_EQ(Of(CURLE_WEIRD_SERVER_REPLY, ""), Reason::kProtocol);
  EXPECT_EQ(Of(CURLE_RECV_ERROR, "Malformed encoding found in chunked-encoding", true),
            Reason::kProtocol);
}

// RFC 9113 7.
TEST(FetchReasonTest, StreamsThatAreResetAreToldApartByTheirError) {
  const auto of = [](const char* error, bool answered) {
    return Of(CURLE_HTTP2_STREAM,
              absl::StrCat("HTTP/2 stream 1 was not closed cleanly: ", error, " (err 1)"), answered,
              /*http2=*/true);
  };
  EXPECT_EQ(of("CANCEL", false), Reason::kReset);
  EXPECT_EQ(of("CANCEL", true), Reason::kInterrupted);
  EXPECT_EQ(of("PROTOCOL_ERROR", false), Reason::kProtocol);
  EXPECT_EQ(of("FLOW_CONTROL_ERROR", true), Reason::kProtocol);
}

TEST(FetchReasonTest, AnHttp2ConnectionThatWeEndedBrokeTheProtocol) {
  EXPECT_EQ(Of(CURLE_GOT_NOTHING, "Empty reply from server", false, /*http2=*/true),
            Reason::kProtocol);
  EXPECT_EQ(Of(CURLE_HTTP2, "Error in the HTTP2 framing layer", false, /*http2=*/true),
            Reason::kReset);
}

TEST(FetchReasonTest, ConnectionsAreLostByTheirEndAndNothingElse) {
  EXPECT_TRUE(IsConnectionLost(CURLE_GOT_NOTHING));
  EXPECT_TRUE(IsConnectionLost(CURLE_SEND_ERROR));
  EXPECT_TRUE(IsConnectionLost(CURLE_PARTIAL_FILE));  // what a stream of HTTP/2 ends with then
  EXPECT_FALSE(IsConnectionLost(CURLE_HTTP2_STREAM));
  EXPECT_FALSE(IsConnectionLost(CURLE_OK));
  EXPECT_FALSE(IsConnectionLost(CURLE_OPERATION_TIMEDOUT));
}

}  // namespace
}  // namespace spindle
