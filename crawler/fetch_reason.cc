#include "crawler/fetch_reason.h"

#include <cerrno>

#include "absl/strings/match.h"

namespace spindle {
namespace {

// A stream of HTTP/2 that was reset, by either side.
Reason ReasonOfStreamError(absl::string_view message, bool answered) {
  // What was wrong with the frames was found by us, or by the server, which will find it again.
  for (const absl::string_view broken :
       {"PROTOCOL_ERROR", "FLOW_CONTROL_ERROR", "FRAME_SIZE_ERROR", "COMPRESSION_ERROR"}) {
    if (absl::StrContains(message, broken)) return Reason::kProtocol;
  }
  return answered ? Reason::kInterrupted : Reason::kReset;
}

// By the words of libcurl 7.88, where its codes hold several causes.
Reason ReasonOfReceiveError(absl::string_view message, bool answered) {
  // A header or trailer line over 100 KB; of HTTP/2, a header over 128 KB or in too many frames.
  for (const absl::string_view large :
       {"Too large response headers", "Out of memory", "returned -902", "Too many CONTINUATION"}) {
    if (absl::StrContains(message, large)) return Reason::kTooLarge;
  }
  const bool broke = message.empty() || absl::StartsWith(message, "Recv failure") ||
                     absl::StartsWith(message, "Send failure") ||
                     absl::StartsWith(message, "Connection died") ||
                     absl::StrContains(message, "SSL_");
  if (answered) return broke ? Reason::kInterrupted : Reason::kProtocol;
  if (absl::StrContains(message, "alert")) return Reason::kTls;
  return broke ? Reason::kReset : Reason::kProtocol;
}

Reason ReasonOfTlsError(absl::string_view message) {
  for (const absl::string_view broken : {"SSL_ERROR_SYSCALL", "SSL_ERROR_ZERO_RETURN",
                                         "Connection reset", "Broken pipe", "unexpected eof"}) {
    if (absl::StrContains(message, broken)) return Reason::kReset;
  }
  return Reason::kTls;
}

Reason ReasonOfConnectError(long os_error) {
  switch (os_error) {
    case ECONNREFUSED:
      return Reason::kRefused;
    case ECONNRESET:
      return Reason::kReset;
    case ETIMEDOUT:
      return Reason::kConnectTimeout;
    default:
      return Reason::kConnect;
  }
}

}  // namespace

Reason ReasonOf(CURL* easy, CURLcode result, absl::string_view message, bool answered, bool http2) {
  switch (result) {
    case CURLE_OK:
      return Reason::kNone;
    case CURLE_COULDNT_CONNECT: {
      long os_error = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
      return ReasonOfConnectError(os_error);
    }
    case CURLE_OPERATION_TIMEDOUT: {
      if (absl::StartsWith(message, "Operation too slow")) return Reason::kLowSpeed;
      curl_off_t request_us = 0;
      curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &request_us);
      return request_us == 0 ? Reason::kConnectTimeout : Reason::kTimeout;
    }
    case CURLE_SSL_CONNECT_ERROR:
      return ReasonOfTlsError(message);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Reason::kTls;
    case CURLE_HTTP2_STREAM:
      return ReasonOfStreamError(message, answered);
    case CURLE_GOT_NOTHING:
      // Of HTTP/2: the frames were such that our side ended the connection.
      if (http2) return Reason::kProtocol;
      return answered ? Reason::kInterrupted : Reason::kReset;
    case CURLE_HTTP2:  // the server said goodbye (GOAWAY)
    case CURLE_PARTIAL_FILE:
      return answered ? Reason::kInterrupted : Reason::kReset;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return ReasonOfReceiveError(message, answered);
    case CURLE_OUT_OF_MEMORY:  // what 7.88 says of a header line over 100 KB
    case CURLE_FILESIZE_EXCEEDED:
      return Reason::kTooLarge;
    default:
      return Reason::kProtocol;
  }
}

bool IsConnectionLost(CURLcode result) {
  return result == CURLE_GOT_NOTHING || result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR ||
         result == CURLE_PARTIAL_FILE || result == CURLE_HTTP2;
}

}  // namespace spindle
