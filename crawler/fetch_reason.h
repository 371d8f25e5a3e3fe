#ifndef SPINDLE_CRAWLER_FETCH_REASON_H_
#define SPINDLE_CRAWLER_FETCH_REASON_H_

#include <curl/curl.h>

#include "absl/strings/string_view.h"
#include "storage/records.h"

namespace spindle {

// What libcurl 7.88 says of the end of a transfer, in our words; by its `message` (of
// CURLOPT_ERRORBUFFER) where its codes hold several causes. `answered`: there was a status line;
// `http2`: its connection spoke HTTP/2. `easy` is asked for more where that is needed.
Reason ReasonOf(CURL* easy, CURLcode result, absl::string_view message, bool answered, bool http2);

// Whether a transfer, of which nothing came, ended with its connection.
bool IsConnectionLost(CURLcode result);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_FETCH_REASON_H_
