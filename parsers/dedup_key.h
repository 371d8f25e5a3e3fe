// A stronger notion of "the same page" than equal URLs: many sites serve one page under spellings
// that differ in tracking parameters, session ids, the order of parameters and the like. Two URLs
// with the same key are taken for one page; the crawler fetches the first spelling it met, as
// written. The key is itself a URL, but is only compared, never fetched.
//
// The rules that are on by default merge pages that differ on next to no site; those that are off
// by default are guesses, right for many sites and wrong for some.
//
// Pure functions; safe from any thread.

#ifndef SPINDLE_PARSERS_DEDUP_KEY_H_
#define SPINDLE_PARSERS_DEDUP_KEY_H_

#include <string>
#include <vector>

#include "parsers/url.h"

namespace spindle {

struct DedupRules {
  // "/a#b" is "/a". Off: for sites whose fragments name pages ("#!").
  bool drop_fragment = true;

  // RFC 3986, section 6.2.2, and beyond: "%7e" is "~"; "%2f" is "%2F"; "[" is "%5B"; a '%' that
  // begins no escape is "%25".
  bool normalize_escapes = true;

  // "example.com." is "example.com".
  bool drop_host_dot = true;

  // "/a//b" is "/a/b".
  bool merge_slashes = true;

  // "/a?" is "/a"; "?a=&&b=1&" is "?a&b=1". A parameter without a name ("?=1") is dropped.
  bool drop_empty_parts = true;

  // "?b=1&a=2" is "?a=2&b=1". Those of one name stay in their order.
  bool sort_parameters = true;

  // utm_*, gclid, fbclid and others that tell a site where a visitor came from; the list is in
  // dedup_key.cc.
  bool drop_tracking_parameters = true;

  // ";jsessionid=...", "PHPSESSID=...", "(S(...))" and others; "sid=..." and such only with a
  // value that looks like a session's: 16 or more letters and digits, both among them.
  bool drop_session_ids = true;

  // Further parameters to drop, by name in any case. Empty: none.
  std::vector<std::string> drop_parameters;

  // "/a/index.html" is "/a/".
  bool drop_default_page = false;

  // "/a/" is "/a"; "/" stays.
  bool drop_trailing_slash = false;

  // "https://example.com/" is "http://example.com/", where neither names a port.
  bool merge_http_and_https = false;

  // "www.example.com" is "example.com".
  bool drop_www = false;
};

// The key of `url`. User name and password are never part of it. A URL whose scheme is not special
// (Url::is_special) is its own key, but for those and the fragment. With the default rules the key
// of a key, parsed, is the key.
std::string DedupKey(const Url& url, const DedupRules& rules = {});

// Whether a URL with this path and query carries what DedupRules::drop_session_ids drops.
bool HasSessionId(absl::string_view path_and_query);

}  // namespace spindle

#endif  // SPINDLE_PARSERS_DEDUP_KEY_H_
