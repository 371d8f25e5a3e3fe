#include "parsers/url.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace spindle {
namespace {

// The percent-encode sets (section 1.3), as one bit each of a byte's entry in kBytes.
enum ByteClass : uint8_t {
  kFragmentSet = 1 << 0,
  kQuerySet = 1 << 1,
  kSpecialQuerySet = 1 << 2,
  kPathSet = 1 << 3,
  kUserinfoSet = 1 << 4,
  kC0ControlSet = 1 << 5,
  kSlash = 1 << 6,      // '/'
  kBackslash = 1 << 7,  // '\\', which is a '/' to special schemes
};

constexpr std::array<uint8_t, 256> MakeByteTable() {
  std::array<uint8_t, 256> table{};
  auto add = [&table](absl::string_view bytes, uint8_t sets) {
    for (const char c : bytes) table[static_cast<unsigned char>(c)] |= sets;
  };
  constexpr uint8_t kAllSets =
      kFragmentSet | kQuerySet | kSpecialQuerySet | kPathSet | kUserinfoSet | kC0ControlSet;
  for (int c = 0; c < 256; ++c) table[c] = c < 0x20 || c > 0x7E ? kAllSets : 0;
  add(" \"<>", kFragmentSet | kQuerySet | kSpecialQuerySet | kPathSet | kUserinfoSet);
  add("`", kFragmentSet | kPathSet | kUserinfoSet);
  add("#", kQuerySet | kSpecialQuerySet | kPathSet | kUserinfoSet);
  add("'", kSpecialQuerySet);
  add("?^{}", kPathSet | kUserinfoSet);
  add("/:;=@[\\]|", kUserinfoSet);
  add("/", kSlash);
  add("\\", kBackslash);
  return table;
}

constexpr std::array<uint8_t, 256> kBytes = MakeByteTable();

uint8_t ClassOf(char c) { return kBytes[static_cast<unsigned char>(c)]; }

// Appends `text`, each byte of `set` as %XX.
void AppendEncoded(absl::string_view text, uint8_t set, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const char* copied = text.data();
  const char* const end = text.data() + text.size();
  for (const char* at = copied; at < end; ++at) {
    if ((ClassOf(*at) & set) == 0) continue;
    out->append(copied, at);
    const unsigned char c = *at;
    out->append({'%', kHex[c >> 4], kHex[c & 15]});
    copied = at + 1;
  }
  out->append(copied, end);
}

bool IsAscii(absl::string_view text) {
  unsigned char all = 0;
  for (const unsigned char c : text) all |= c;
  return all < 0x80;
}

// Whether any byte is a C0 control: eight at a time, as this is asked of every input.
bool HasControl(absl::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    if (((word - 0x2020202020202020) & ~word & 0x8080808080808080) != 0) return true;
  }
  for (; left > 0; ++at, --left) {
    if (static_cast<unsigned char>(*at) < 0x20) return true;
  }
  return false;
}

absl::string_view TrimControlAndSpace(absl::string_view text) {
  auto is_stripped = [](unsigned char c) { return c <= 0x20; };
  while (!text.empty() && is_stripped(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_stripped(text.back())) text.remove_suffix(1);
  return text;
}

// The rest of "." or ".." may be spelt %2e (section 4.2).
bool TakeDot(absl::string_view* text) {
  if (!text->empty() && (*text)[0] == '.') {
    text->remove_prefix(1);
    return true;
  }
  if (text->size() >= 3 && (*text)[0] == '%' && (*text)[1] == '2' && ((*text)[2] | 0x20) == 'e') {
    text->remove_prefix(3);
    return true;
  }
  return false;
}

// 1 for a single-dot and 2 for a double-dot URL path segment, else 0.
int DotCount(absl::string_view segment) {
  if (!TakeDot(&segment)) return 0;
  if (segment.empty()) return 1;
  return TakeDot(&segment) && segment.empty() ? 2 : 0;
}

bool IsWindowsDriveLetter(absl::string_view text) {
  return text.size() == 2 && absl::ascii_isalpha(text[0]) && (text[1] == ':' || text[1] == '|');
}

bool StartsWithWindowsDriveLetter(absl::string_view text) {
  if (text.size() < 2 || !IsWindowsDriveLetter(text.substr(0, 2))) return false;
  return text.size() == 2 || absl::string_view("/\\?#").find(text[2]) != absl::string_view::npos;
}

// Bytes of the scheme that `text` starts with, without its ':'; 0 if it starts with none (the
// scheme state).
size_t SchemeLength(absl::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(text[0])) return 0;
  for (size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!absl::ascii_isalnum(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

}  // namespace

// The basic URL parser (section 4.4): its states, with what they do code point by code point done
// for runs of bytes. Writes the href and its offsets straight into the result.
class UrlParser {
 public:
  using SchemeKind = Url::SchemeKind;

  // `input` is trimmed and free of tabs and newlines. `base` and `query_encoder` may be null.
  UrlParser(absl::string_view input, const Url* base, const QueryEncoder* query_encoder)
      : rest_(input), base_(base), query_encoder_(query_encoder) {}

  // False for the standard's "failure"; otherwise the result is in TakeUrl().
  bool Run() {
    const size_t scheme_length = SchemeLength(rest_);
    return scheme_length == 0 ? NoSchemeState() : SchemeState(scheme_length);
  }

  Url TakeUrl() { return std::move(url_); }

  // 0 for a scheme without one.
  static uint16_t DefaultPort(SchemeKind kind) {
    switch (kind) {
      case SchemeKind::kHttp:
      case SchemeKind::kWs:
        return 80;
      case SchemeKind::kHttps:
      case SchemeKind::kWss:
        return 443;
      case SchemeKind::kFtp:
        return 21;
      case SchemeKind::kFile:
      case SchemeKind::kOther:
        break;
    }
    return 0;
  }

 private:
  bool IsSpecial() const { return url_.scheme_kind_ != SchemeKind::kOther; }
  bool IsFile() const { return url_.scheme_kind_ == SchemeKind::kFile; }

  std::string& href() { return url_.href_; }
  uint32_t position() const { return static_cast<uint32_t>(url_.href_.size()); }

  // Whether `rest_` has at `at` what separates path segments.
  bool IsSlashAt(size_t at) const {
    return at < rest_.size() && (rest_[at] == '/' || (rest_[at] == '\\' && IsSpecial()));
  }

  bool RestStartsWith(char c) const { return !rest_.empty() && rest_[0] == c; }

  static SchemeKind KindOf(absl::string_view scheme) {
    if (scheme == "https") return SchemeKind::kHttps;
    if (scheme == "http") return SchemeKind::kHttp;
    if (scheme == "file") return SchemeKind::kFile;
    if (scheme == "ftp") return SchemeKind::kFtp;
    if (scheme == "ws") return SchemeKind::kWs;
    if (scheme == "wss") return SchemeKind::kWss;
    return SchemeKind::kOther;
  }

  bool SchemeState(size_t length) {
    href().reserve(rest_.size() + 2);
    href().append(rest_.data(), length);
    for (char& c : href()) c = absl::ascii_tolower(c);
    rest_.remove_prefix(length + 1);
    url_.scheme_end_ = length;
    url_.scheme_kind_ = KindOf(href());
    href().push_back(':');
    if (IsFile()) return FileState();
    if (IsSpecial()) {
      const bool has_authority = rest_.substr(0, 2) == "//";
      const bool is_relative = base_ != nullptr && base_->scheme_kind_ == url_.scheme_kind_;
      return is_relative && !has_authority ? RelativeState() : SpecialAuthorityState();
    }
    if (rest_.substr(0, 2) == "//") {
      rest_.remove_prefix(2);
      return AuthorityState();
    }
    NoAuthority();
    return RestStartsWith('/') ? PathStartState() : OpaquePathState();
  }

  bool NoSchemeState() {
    if (base_ == nullptr) return false;
    url_.scheme_kind_ = base_->scheme_kind_;
    url_.scheme_end_ = base_->scheme_end_;
    if (base_->opaque_path_) return RestStartsWith('#') && RelativePathState();
    return IsFile() ? FileState() : RelativeState();
  }

  // Starts the result with the base's first `end` bytes. Offsets behind them are set again later.
  void CopyFromBase(uint32_t end) {
    // Field by field, as copying the whole Url would allocate for its href first.
    href().reserve(end + rest_.size() + 2);
    href().assign(base_->href_, 0, end);
    url_.scheme_end_ = base_->scheme_end_;
    url_.user_begin_ = base_->user_begin_;
    url_.host_begin_ = base_->host_begin_;
    url_.host_end_ = base_->host_end_;
    url_.path_begin_ = base_->path_begin_;
    url_.query_begin_ = base_->query_begin_;
    url_.fragment_begin_ = base_->fragment_begin_;
    url_.port_ = base_->port_;
    url_.has_port_ = base_->has_port_;
    url_.has_authority_ = base_->has_authority_;
    url_.opaque_path_ = base_->opaque_path_;
    url_.scheme_kind_ = base_->scheme_kind_;
    url_.host_kind_ = base_->host_kind_;
  }

  // Everything before the base's path, less the "/." that may stand there (section 4.5).
  void CopyAuthorityFromBase() {
    CopyFromBase(base_->has_authority_ ? base_->path_begin_ : base_->scheme_end_ + 1);
    url_.path_begin_ = position();
  }

  // An empty authority at the end of the href.
  void NoAuthority() {
    url_.user_begin_ = url_.host_begin_ = url_.host_end_ = url_.path_begin_ = position();
  }

  // The relative and relative slash states.
  bool RelativeState() {
    if (!IsSlashAt(0)) return RelativePathState();
    if (!IsSlashAt(1)) {
      CopyAuthorityFromBase();
      return PathStartState();
    }
    href().reserve(base_->scheme_end_ + rest_.size() + 2);
    href().assign(base_->href_, 0, base_->scheme_end_ + 1);
    if (IsSpecial()) return SpecialAuthorityState();
    rest_.remove_prefix(2);
    return AuthorityState();
  }

  // A reference without scheme and authority and without a '/' in front.
  bool RelativePathState() {
    if (rest_.empty() || rest_[0] == '#') {
      CopyFromBase(base_->fragment_begin_);
      return FragmentState();
    }
    if (rest_[0] == '?') {
      CopyFromBase(base_->query_begin_);
      return QueryState();
    }
    CopyAuthorityFromBase();
    const absl::string_view base_path = base_->path();
    href().reserve(href().size() + base_path.size() + rest_.size() + 2);
    href().append(base_path.data(), base_path.size());
    ShortenPath();
    return PathState();
  }

  // The special authority slashes states: any number of slashes, either way.
  bool SpecialAuthorityState() {
    while (IsSlashAt(0)) rest_.remove_prefix(1);
    return AuthorityState();
  }

  // The authority, host and port states, behind the slashes.
  bool AuthorityState() {
    href().append("//");
    url_.has_authority_ = true;
    url_.user_begin_ = position();
    const Authority parts = ScanAuthority();
    absl::string_view authority = rest_.substr(0, parts.end);
    rest_.remove_prefix(parts.end);
    if (parts.at != kNone) {
      AppendCredentials(authority.substr(0, parts.at));
      if (parts.at + 1 == parts.end) return false;
    }
    url_.host_begin_ = position();
    const size_t host_begin = parts.at == kNone ? 0 : parts.at + 1;
    const size_t host_end = std::min(parts.colon, parts.end);
    const bool has_colon = parts.colon != kNone;
    const absl::string_view host = authority.substr(host_begin, host_end - host_begin);
    if (host.empty() && (IsSpecial() || has_colon)) return false;
    if (!host.empty()) {
      url_.host_kind_ = AppendHost(host, IsSpecial(), &href());
      if (url_.host_kind_ == HostKind::kNone) return false;
    }
    url_.host_end_ = position();
    if (has_colon && !AppendPort(authority.substr(parts.colon + 1))) return false;
    url_.path_begin_ = position();
    return PathStartState();
  }

  // What stands before the first of '/', '?', '#' and, in special schemes, '\\'.
  absl::string_view TakeUntilPath() {
    size_t end = 0;
    while (end < rest_.size() && !IsSlashAt(end) && rest_[end] != '?' && rest_[end] != '#') ++end;
    const absl::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return taken;
  }

  static constexpr size_t kNone = absl::string_view::npos;

  struct Authority {
    size_t at = kNone;     // The last '@'.
    size_t colon = kNone;  // The first ':' behind it that is not in brackets.
    size_t end = 0;        // Where TakeUntilPath() would stop.
  };

  // In one pass over plain bytes, as nearly every link comes by here.
  Authority ScanAuthority() const {
    const char* const text = rest_.data();
    const bool is_special = IsSpecial();
    Authority found;
    bool in_brackets = false;
    size_t i = 0;
    for (; i < rest_.size(); ++i) {
      const char c = text[i];
      if ((ClassOf(c) & kUserinfoSet) == 0) continue;
      if (c == '/' || c == '?' || c == '#' || (c == '\\' && is_special)) break;
      if (c == '@') {
        found.at = i;
        found.colon = kNone;
        in_brackets = false;
      } else if (c == ':') {
        if (!in_brackets && found.colon == kNone) found.colon = i;
      } else if (c == '[' || c == ']') {
        in_brackets = c == '[';
      }
    }
    found.end = i;
    return found;
  }

  void AppendCredentials(absl::string_view credentials) {
    const size_t colon = credentials.find(':');
    AppendEncoded(credentials.substr(0, colon), kUserinfoSet, &href());
    if (colon != absl::string_view::npos && colon + 1 < credentials.size()) {
      href().push_back(':');
      AppendEncoded(credentials.substr(colon + 1), kUserinfoSet, &href());
    }
    if (position() > url_.user_begin_) href().push_back('@');
  }

  bool AppendPort(absl::string_view digits) {
    uint32_t port = 0;
    for (const char c : digits) {
      if (!absl::ascii_isdigit(c)) return false;
      port = port * 10 + (c - '0');
      if (port > 0xFFFF) return false;
    }
    const uint16_t default_port = DefaultPort(url_.scheme_kind_);
    const bool is_default = default_port != 0 && port == default_port;
    if (digits.empty() || is_default) return true;
    url_.has_port_ = true;
    url_.port_ = static_cast<uint16_t>(port);
    absl::StrAppend(&href(), ":", port);
    return true;
  }

  // The file and file slash states.
  bool FileState() {
    const bool has_base = base_ != nullptr && base_->scheme_kind_ == SchemeKind::kFile;
    if (has_base && !IsSlashAt(0) && !StartsWithWindowsDriveLetter(rest_))
      return RelativePathState();
    const bool keeps_host = has_base && !IsSlashAt(1);
    if (keeps_host) {
      CopyAuthorityFromBase();
    } else {
      href().assign("file://");
      url_.has_authority_ = true;
      NoAuthority();
    }
    if (!IsSlashAt(0)) return PathState();
    rest_.remove_prefix(1);
    if (IsSlashAt(0)) {
      rest_.remove_prefix(1);
      return FileHostState();
    }
    if (keeps_host && !StartsWithWindowsDriveLetter(rest_) &&
        StartsWithNormalDrive(base_->path())) {
      href().append(base_->path().data(), 3);
    }
    return PathState();
  }

  // Whether a path's first segment is a drive letter as PathState() writes it: "/C:".
  static bool StartsWithNormalDrive(absl::string_view path) {
    return path.size() >= 3 && absl::ascii_isalpha(path[1]) && path[2] == ':' &&
           (path.size() == 3 || path[3] == '/');
  }

  bool FileHostState() {
    const absl::string_view before = rest_;
    const absl::string_view host = TakeUntilPath();
    if (IsWindowsDriveLetter(host)) {
      rest_ = before;
      return PathState();
    }
    if (!host.empty()) {
      url_.host_kind_ = AppendHost(host, /*is_special=*/true, &href());
      if (url_.host_kind_ == HostKind::kNone) return false;
      if (absl::string_view(href()).substr(url_.host_begin_) == "localhost") {
        href().resize(url_.host_begin_);
        url_.host_kind_ = HostKind::kNone;
      }
    }
    url_.host_end_ = url_.path_begin_ = position();
    return PathStartState();
  }

  // The path start state, behind the authority.
  bool PathStartState() {
    if (IsSlashAt(0)) {
      rest_.remove_prefix(1);
      return PathState();
    }
    return IsSpecial() ? PathState() : EndOfPath();
  }

  // The path state. `rest_` begins with a segment, without the '/' before it, and the href ends
  // with the path so far.
  bool PathState() {
    bool has_more = true;
    while (has_more) {
      bool is_plain = true;
      const absl::string_view segment = TakeSegment(&is_plain);
      has_more = IsSlashAt(0);
      if (has_more) rest_.remove_prefix(1);
      AppendSegment(segment, is_plain, has_more);
    }
    return EndOfPath();
  }

  absl::string_view TakeSegment(bool* is_plain) {
    const char* const text = rest_.data();
    size_t end = 0;
    for (; end < rest_.size(); ++end) {
      const char c = text[end];
      if ((ClassOf(c) & (kPathSet | kSlash | kBackslash)) == 0) continue;
      if (c == '/' || c == '?' || c == '#' || IsSlashAt(end)) break;
      *is_plain = *is_plain && (ClassOf(c) & kPathSet) == 0;
    }
    const absl::string_view segment = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return segment;
  }

  void AppendSegment(absl::string_view segment, bool is_plain, bool has_more) {
    const int dots = DotCount(segment);
    if (dots > 0) {
      if (dots == 2) ShortenPath();
      if (!has_more) href().push_back('/');
      return;
    }
    const bool is_first = position() == url_.path_begin_;
    href().push_back('/');
    if (is_plain) {
      href().append(segment.data(), segment.size());
    } else {
      AppendEncoded(segment, kPathSet, &href());
    }
    if (is_first && IsFile() && IsWindowsDriveLetter(segment)) href()[url_.path_begin_ + 2] = ':';
  }

  // Drops the last segment (section 4.2), though never a drive letter.
  void ShortenPath() {
    const absl::string_view path = absl::string_view(href()).substr(url_.path_begin_);
    if (IsFile() && path.size() == 3 && StartsWithNormalDrive(path)) return;
    const size_t slash = path.rfind('/');
    if (slash != absl::string_view::npos) href().resize(url_.path_begin_ + slash);
  }

  // Without an authority a path that starts with "//" would read as one (section 4.5).
  bool EndOfPath() {
    if (!url_.has_authority_ && absl::string_view(href()).substr(url_.path_begin_, 2) == "//") {
      href().insert(url_.path_begin_, "/.");
      url_.path_begin_ += 2;
    }
    return QueryState();
  }

  // The opaque path state.
  bool OpaquePathState() {
    url_.opaque_path_ = true;
    const size_t end = std::min(rest_.find('?'), rest_.find('#'));
    const absl::string_view path = rest_.substr(0, end);
    AppendEncoded(path, kC0ControlSet, &href());
    rest_.remove_prefix(path.size());
    // A space before a query or fragment that is later taken away would be stripped when the rest
    // is parsed again.
    if (!rest_.empty() && !path.empty() && path.back() == ' ') {
      href().pop_back();
      href().append("%20");
    }
    return QueryState();
  }

  // The query state: `rest_` is empty or begins with '?' or '#'.
  bool QueryState() {
    url_.query_begin_ = position();
    if (RestStartsWith('?')) {
      const absl::string_view query = rest_.substr(0, rest_.find('#'));
      rest_.remove_prefix(query.size());
      href().push_back('?');
      AppendQuery(query.substr(1));
    }
    return FragmentState();
  }

  void AppendQuery(absl::string_view query) {
    const uint8_t set = IsSpecial() ? kSpecialQuerySet : kQuerySet;
    const bool is_web_socket =
        url_.scheme_kind_ == SchemeKind::kWs || url_.scheme_kind_ == SchemeKind::kWss;
    if (query_encoder_ == nullptr || !IsSpecial() || is_web_socket || IsAscii(query)) {
      return AppendEncoded(query, set, &href());
    }
    std::string encoded;
    (*query_encoder_)(query, &encoded);
    AppendEncoded(encoded, set, &href());
  }

  // The fragment state: `rest_` is empty or begins with '#'.
  bool FragmentState() {
    url_.fragment_begin_ = position();
    if (RestStartsWith('#')) {
      href().push_back('#');
      AppendEncoded(rest_.substr(1), kFragmentSet, &href());
    }
    return true;
  }

  absl::string_view rest_;
  const Url* const base_;
  const QueryEncoder* const query_encoder_;
  Url url_;
};

namespace {

std::optional<Url> ParseWith(absl::string_view input, const Url* base,
                             const QueryEncoder* query_encoder) {
  if (input.size() > Url::kMaxParseBytes) return std::nullopt;
  if (base != nullptr && base->href().size() > Url::kMaxParseBytes) return std::nullopt;
  input = TrimControlAndSpace(input);
  std::string cleaned;
  if (HasControl(input)) {
    for (const char c : input) {
      if (c != '\t' && c != '\n' && c != '\r') cleaned.push_back(c);
    }
    input = cleaned;
  }
  UrlParser parser(input, base, query_encoder);
  if (!parser.Run()) return std::nullopt;
  return parser.TakeUrl();
}

}  // namespace

std::optional<Url> Url::Parse(absl::string_view input, const Url* base) {
  return ParseWith(input, base, nullptr);
}

std::optional<Url> Url::Parse(absl::string_view input, const Url* base,
                              QueryEncoder query_encoder) {
  return ParseWith(input, base, &query_encoder);
}

std::optional<Url> Url::ParseCrawlable(absl::string_view input, const Url* base,
                                       const UrlLimits& limits) {
  input = TrimControlAndSpace(input);
  if (input.size() / 2 > limits.max_bytes) return std::nullopt;
  const absl::string_view scheme = input.substr(0, SchemeLength(input));
  if (!scheme.empty() && !absl::EqualsIgnoreCase(scheme, "https") &&
      !absl::EqualsIgnoreCase(scheme, "http")) {
    return std::nullopt;
  }
  std::optional<Url> url = Parse(input, base);
  if (url.has_value() && !IsCrawlable(*url, limits)) url.reset();
  return url;
}

absl::string_view Url::username() const {
  const absl::string_view user = Slice(user_begin_, host_begin_);
  return user.substr(0, user.find_first_of(":@"));
}

absl::string_view Url::password() const {
  const absl::string_view user = Slice(user_begin_, host_begin_);
  const size_t colon = user.find(':');
  if (colon == absl::string_view::npos) return "";
  return user.substr(colon + 1, user.size() - colon - 2);
}

std::optional<uint16_t> Url::port() const {
  if (!has_port_) return std::nullopt;
  return port_;
}

uint16_t Url::effective_port() const {
  return has_port_ ? port_ : UrlParser::DefaultPort(scheme_kind_);
}

absl::string_view Url::origin() const {
  const bool has_tuple_origin = is_special() && scheme_kind_ != SchemeKind::kFile;
  if (!has_tuple_origin || has_credentials()) return "";
  return Slice(0, path_begin_);
}

Url Url::WithoutFragment() const {
  Url url = *this;
  url.href_.resize(fragment_begin_);
  return url;
}

Url Url::WithoutCredentials() const {
  Url url = *this;
  const uint32_t length = host_begin_ - user_begin_;
  url.href_.erase(user_begin_, length);
  for (uint32_t* offset : {&url.host_begin_, &url.host_end_, &url.path_begin_, &url.query_begin_,
                           &url.fragment_begin_}) {
    *offset -= length;
  }
  return url;
}

Url Url::Canonical() const { return WithoutFragment().WithoutCredentials(); }

std::string Url::FetchHref() const {
  return absl::StrCat(Slice(0, user_begin_), Slice(host_begin_, fragment_begin_));
}

bool WithinLimits(const Url& url, const UrlLimits& limits) {
  const size_t fragment_bytes = url.has_fragment() ? url.fragment().size() + 1 : 0;
  return url.href().size() - fragment_bytes <= limits.max_bytes;
}

bool IsCrawlable(const Url& url, const UrlLimits& limits) {
  if (!url.is_http_family() || !WithinLimits(url, limits)) return false;
  return url.host_kind() != HostKind::kDomain || VerifyDnsLength(url.host());
}

bool IsOnlyTooLong(absl::string_view input, const Url* base, const UrlLimits& limits) {
  // Most inputs that are not taken are not worth another look: an escape takes three bytes at most.
  const size_t base_bytes = base == nullptr ? 0 : base->href().size();
  if (3 * input.size() + base_bytes <= limits.max_bytes) return false;
  const std::optional<Url> url = Url::ParseCrawlable(input, base, {Url::kMaxParseBytes});
  return url.has_value() && !WithinLimits(*url, limits);
}

}  // namespace spindle
