#include "tools/page_body.h"

#include <algorithm>
#include <cstdint>

#include "parsers/header_block.h"

namespace spindle {

DecodeResult DecodePageBody(const PageRecord& page, const std::string& body) {
  DecodeLimits limits;
  limits.max_decoded_bytes = std::max<size_t>(limits.max_decoded_bytes, page.decoded_bytes);
  limits.max_ratio = SIZE_MAX;
  return DecodeContent(HeaderBlock(page.headers).GetCombined("Content-Encoding"), body, limits);
}

}  // namespace spindle
