#ifndef SPINDLE_CRAWLER_REQUEST_TEXT_H_
#define SPINDLE_CRAWLER_REQUEST_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "crawler/fetch.h"

namespace spindle {

// What libcurl makes of a request, in its order: Host, then `fields`, which all requests have,
// "Name: value\r\n" each, then the request's. libcurl shows what it sends in its verbose mode only,
// which formats a dozen lines more for each request. Cookies and credentials are left out: they are
// nobody else's.
std::string RequestText(const FetchRequest& request, absl::string_view fields, bool http2);

}  // namespace spindle

#endif  // SPINDLE_CRAWLER_REQUEST_TEXT_H_
