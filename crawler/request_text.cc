#include "crawler/request_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace spindle {

std::string RequestText(const FetchRequest& request, absl::string_view fields, bool http2) {
  const absl::string_view url = absl::string_view(request.url).substr(0, request.url.find('#'));
  const size_t scheme = url.find("://");
  const size_t authority = scheme == url.npos ? 0 : scheme + 3;
  const size_t path = std::min(url.find('/', authority), url.size());
  absl::string_view host = url.substr(authority, path - authority);
  host.remove_prefix(host.rfind('@') + 1);  // npos + 1 is 0
  std::string text =
      absl::StrCat(request.method == FetchMethod::kHead ? "HEAD " : "GET ",
                   path == url.size() ? "/" : url.substr(path), http2 ? " HTTP/2" : " HTTP/1.1",
                   "\r\nHost: ", host, "\r\n", fields, request.headers.empty() ? "\r\n" : "");
  if (request.headers.empty()) return text;
  for (const std::string& field : request.headers) absl::StrAppend(&text, field, "\r\n");
  text += "\r\n";
  return text;
}

}  // namespace spindle
