#ifndef SPINDLE_TOOLS_PAGE_BODY_H_
#define SPINDLE_TOOLS_PAGE_BODY_H_

#include <string>

#include "parsers/content_coding.h"
#include "storage/records.h"

namespace spindle {

// The body of a stored page with the Content-Encoding of its headers undone. The limits are wide:
// the crawl kept its own when it took the page.
DecodeResult DecodePageBody(const PageRecord& page, const std::string& body);

}  // namespace spindle

#endif  // SPINDLE_TOOLS_PAGE_BODY_H_
