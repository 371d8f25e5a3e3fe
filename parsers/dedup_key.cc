#include "parsers/dedup_key.h"

#include <algorithm>
#include <array>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace spindle {
namespace {

// Ends in '*': a prefix.
constexpr absl::string_view kTrackingParameters[] = {
    // Google Analytics and Ads, Urchin
    "utm_*",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "_ga",
    "_gl",
    "srsltid",
    // Meta, Microsoft, Yandex, X, TikTok, LinkedIn, Pinterest, Snapchat, Reddit
    "fbclid",
    "fb_action_ids",
    "fb_action_types",
    "fb_source",
    "igshid",
    "igsh",
    "msclkid",
    "yclid",
    "ysclid",
    "_openstat",
    "twclid",
    "ttclid",
    "li_fat_id",
    "epik",
    "sccid",
    "rdt_cid",
    // Matomo and Piwik
    "pk_*",
    "mtm_*",
    "piwik_*",
    "matomo_*",
    // Mail and marketing suites
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsctatracking",
    "vero_id",
    "vero_conv",
    "oly_anon_id",
    "oly_enc_id",
    "wickedid",
    "_kx",
    "_bta_tid",
    "_bta_c",
    "trk_contact",
    "trk_msg",
    "trk_module",
    "trk_sid",
    "s_cid",
    "irclickid",
    "irgwc",
};

constexpr absl::string_view kSessionParameters[] = {
    "jsessionid", "phpsessid", "aspsessionid*", "asp.net_sessionid", "cfid",
    "cftoken",    "zenid",     "oscsid",        "osadminid",
};

// Names that mean something else on other sites.
constexpr absl::string_view kMaybeSessionParameters[] = {
    "sid", "s", "session", "sessionid", "session_id", "sessid", "sess", "bv_sessionid",
};

constexpr absl::string_view kDefaultPages[] = {
    "index.html",  "index.htm",    "index.shtml", "index.xhtml",  "index.php", "index.asp",
    "index.aspx",  "index.jsp",    "index.jspx",  "index.cfm",    "index.cgi", "index.pl",
    "default.htm", "default.html", "default.asp", "default.aspx",
};

template <size_t kSize>
bool IsListed(absl::string_view name, const absl::string_view (&list)[kSize]) {
  for (absl::string_view listed : list) {
    if (absl::ConsumeSuffix(&listed, "*")) {
      if (absl::EqualsIgnoreCase(name.substr(0, listed.size()), listed)) return true;
    } else if (absl::EqualsIgnoreCase(name, listed)) {
      return true;
    }
  }
  return false;
}

bool LooksLikeSessionId(absl::string_view value) {
  constexpr size_t kMinBytes = 16;
  bool has_digit = false;
  bool has_letter = false;
  for (const char c : value) {
    if (!absl::ascii_isalnum(c)) return false;
    has_digit = has_digit || absl::ascii_isdigit(c);
    has_letter = has_letter || absl::ascii_isalpha(c);
  }
  return value.size() >= kMinBytes && has_digit && has_letter;
}

// "(S(lit3py55t21z5v55vlm25s55))", as ASP.NET writes it.
bool IsSessionSegment(absl::string_view segment) {
  return absl::ConsumePrefix(&segment, "(S(") && absl::ConsumeSuffix(&segment, "))") &&
         LooksLikeSessionId(segment);
}

bool IsSessionParameter(absl::string_view name, absl::string_view value) {
  return IsListed(name, kSessionParameters) ||
         (IsListed(name, kMaybeSessionParameters) && LooksLikeSessionId(value));
}

// RFC 3986, section 2.3.
bool IsUnreserved(char c) {
  return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// What may stand as itself in a path or query (RFC 3986, sections 3.3 and 3.4).
constexpr std::array<bool, 256> MakePlainTable() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (const char c : {'-', '.', '_', '~', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=',
                       ':', '@', '/', '?'}) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}

constexpr std::array<bool, 256> kPlain = MakePlainTable();

int HexValue(char c) {
  if (!absl::ascii_isxdigit(c)) return -1;
  return absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
}

// The byte that the escape at `at` stands for, or -1 if there is none.
int EscapedByte(absl::string_view text, size_t at) {
  if (text[at] != '%' || at + 2 >= text.size()) return -1;
  const int high = HexValue(text[at + 1]);
  const int low = HexValue(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void AppendEscape(unsigned char c, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  out->append({'%', kHex[c >> 4], kHex[c & 15]});
}

// See DedupRules::normalize_escapes.
void AppendNormalized(absl::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size(); ++at) {
    const unsigned char c = text[at];
    if (kPlain[c]) {
      out->push_back(static_cast<char>(c));
      continue;
    }
    const int escaped = EscapedByte(text, at);
    if (escaped < 0) {
      AppendEscape(c, out);
      continue;
    }
    if (IsUnreserved(static_cast<char>(escaped))) {
      out->push_back(static_cast<char>(escaped));
    } else {
      AppendEscape(static_cast<unsigned char>(escaped), out);
    }
    at += 2;
  }
}

class KeyWriter {
 public:
  KeyWriter(const Url& url, const DedupRules& rules) : url_(url), rules_(rules) {}

  std::string Write() {
    if (!url_.is_special()) return WriteAsIs();
    key_.reserve(url_.href().size() + 8);
    WriteAuthority();
    path_begin_ = key_.size();
    WritePath(url_.path());
    WriteQuery(url_.query());
    WriteFragment();
    return std::move(key_);
  }

 private:
  struct Parameter {
    size_t begin;
    size_t name_end;
    size_t end;
  };

  std::string WriteAsIs() const {
    return rules_.drop_fragment ? url_.FetchHref() : url_.WithoutCredentials().href();
  }

  void WriteAuthority() {
    const bool is_merged =
        rules_.merge_http_and_https && url_.is_https() && !url_.port().has_value();
    absl::StrAppend(&key_, is_merged ? "http" : url_.scheme(), "://");
    absl::string_view host = url_.host();
    if (rules_.drop_host_dot && host.size() > 1 && host.back() == '.' &&
        host[host.size() - 2] != '.') {
      host.remove_suffix(1);
    }
    if (rules_.drop_www && absl::StartsWith(host, "www.") &&
        absl::StrContains(host.substr(4), '.')) {
      host.remove_prefix(4);
    }
    absl::StrAppend(&key_, host);
    if (url_.port().has_value()) absl::StrAppend(&key_, ":", *url_.port());
  }

  void WritePath(absl::string_view path) {
    while (!path.empty()) {
      path.remove_prefix(1);
      const absl::string_view segment = path.substr(0, path.find('/'));
      path.remove_prefix(segment.size());
      WriteSegment(segment, /*is_last=*/path.empty());
    }
    if (rules_.drop_trailing_slash && key_.size() > path_begin_ + 1 && key_.back() == '/') {
      key_.pop_back();
    }
  }

  void WriteSegment(absl::string_view segment, bool is_last) {
    key_.push_back('/');
    const size_t begin = key_.size();
    if (!rules_.drop_session_ids || !IsSessionSegment(segment)) AppendText(segment);
    if (rules_.drop_session_ids) DropPathSessionId(begin);
    if (is_last && rules_.drop_default_page &&
        IsListed(absl::string_view(key_).substr(begin), kDefaultPages)) {
      key_.resize(begin);
    }
    if (rules_.merge_slashes && !is_last && key_.size() == begin) key_.pop_back();
  }

  // Cuts ";jsessionid=..." out of the segment that begins at `begin`, unless a dot segment, which
  // would mean something else, were left of it.
  void DropPathSessionId(size_t begin) {
    for (size_t at = key_.find(';', begin); at != std::string::npos; at = key_.find(';', at + 1)) {
      const size_t end = std::min(key_.find(';', at + 1), key_.size());
      const absl::string_view parameter = absl::string_view(key_).substr(at + 1, end - at - 1);
      const size_t equals = parameter.find('=');
      if (equals == absl::string_view::npos) continue;
      if (!IsListed(parameter.substr(0, equals), kSessionParameters)) continue;
      const absl::string_view before = absl::string_view(key_).substr(begin, at - begin);
      if (end == key_.size() && (before == "." || before == "..")) return;
      key_.erase(at, end - at);
      --at;
    }
  }

  void WriteQuery(absl::string_view query) {
    if (!url_.has_query()) return;
    // The parameters as they go into the key, one behind the other, until they are in order.
    std::string text;
    absl::InlinedVector<Parameter, 16> parameters;
    while (true) {
      const absl::string_view parameter = query.substr(0, query.find('&'));
      AddParameter(parameter, &text, &parameters);
      if (parameter.size() == query.size()) break;
      query.remove_prefix(parameter.size() + 1);
    }
    const absl::string_view all = text;
    const auto name_of = [all](const Parameter& parameter) {
      return all.substr(parameter.begin, parameter.name_end - parameter.begin);
    };
    if (rules_.sort_parameters) {
      std::stable_sort(
          parameters.begin(), parameters.end(),
          [&](const Parameter& a, const Parameter& b) { return name_of(a) < name_of(b); });
    }
    char separator = '?';
    for (const Parameter& parameter : parameters) {
      key_.push_back(separator);
      key_.append(text, parameter.begin, parameter.end - parameter.begin);
      separator = '&';
    }
  }

  // Appends `parameter`, as it goes into the key, to `*text` and `*parameters`, unless a rule drops
  // it.
  void AddParameter(absl::string_view parameter, std::string* text,
                    absl::InlinedVector<Parameter, 16>* parameters) const {
    const size_t begin = text->size();
    if (rules_.normalize_escapes) {
      AppendNormalized(parameter, text);
    } else {
      text->append(parameter.data(), parameter.size());
    }
    const absl::string_view written = absl::string_view(*text).substr(begin);
    const size_t equals = std::min(written.find('='), written.size());
    const absl::string_view name = written.substr(0, equals);
    const absl::string_view value = equals < written.size() ? written.substr(equals + 1) : "";
    if (IsDropped(name, value)) {
      text->resize(begin);
      return;
    }
    if (rules_.drop_empty_parts && value.empty()) text->resize(begin + equals);
    parameters->push_back({begin, begin + equals, text->size()});
  }

  bool IsDropped(absl::string_view name, absl::string_view value) const {
    if (name.empty()) return rules_.drop_empty_parts;
    if (rules_.drop_tracking_parameters && IsListed(name, kTrackingParameters)) return true;
    if (rules_.drop_session_ids && IsSessionParameter(name, value)) return true;
    for (const std::string& dropped : rules_.drop_parameters) {
      if (absl::EqualsIgnoreCase(name, dropped)) return true;
    }
    return false;
  }

  void WriteFragment() {
    if (!rules_.drop_fragment && url_.has_fragment()) absl::StrAppend(&key_, "#", url_.fragment());
  }

  void AppendText(absl::string_view text) {
    if (rules_.normalize_escapes) {
      AppendNormalized(text, &key_);
    } else {
      key_.append(text.data(), text.size());
    }
  }

  const Url& url_;
  const DedupRules& rules_;
  std::string key_;
  size_t path_begin_ = 0;
};

}  // namespace

std::string DedupKey(const Url& url, const DedupRules& rules) {
  return KeyWriter(url, rules).Write();
}

bool HasSessionId(absl::string_view path_and_query) {
  const size_t mark = std::min(path_and_query.find('?'), path_and_query.size());
  for (absl::string_view segment : absl::StrSplit(path_and_query.substr(0, mark), '/')) {
    if (IsSessionSegment(segment)) return true;
    for (absl::string_view parameter : absl::StrSplit(segment, ';')) {
      const size_t equals = parameter.find('=');
      if (equals != absl::string_view::npos &&
          IsListed(parameter.substr(0, equals), kSessionParameters)) {
        return true;
      }
    }
  }
  if (mark == path_and_query.size()) return false;
  for (absl::string_view parameter : absl::StrSplit(path_and_query.substr(mark + 1), '&')) {
    const size_t equals = std::min(parameter.find('='), parameter.size());
    const absl::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (IsSessionParameter(parameter.substr(0, equals), value)) return true;
  }
  return false;
}

}  // namespace spindle
