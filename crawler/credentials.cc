#include "crawler/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "crawler/proxy_pool.h"
#include "parsers/url.h"

namespace spindle {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;

// Cuts the first word off.
absl::string_view TakeWord(absl::string_view* text) {
  *text = absl::StripLeadingAsciiWhitespace(*text);
  const absl::string_view word = text->substr(0, text->find_first_of(" \t"));
  text->remove_prefix(word.size());
  *text = absl::StripLeadingAsciiWhitespace(*text);
  return word;
}

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); });
}

// The words behind the origin; nullopt: they are none.
std::optional<Credentials> ReadCredentials(absl::string_view text) {
  Credentials credentials;
  const absl::string_view scheme = TakeWord(&text);
  if (scheme == "bearer") {
    credentials.scheme = Credentials::Scheme::kBearer;
    if (absl::StrContains(text, ' ') || absl::StrContains(text, '\t')) return std::nullopt;
  } else if (scheme == "basic" || scheme == "digest") {
    credentials.scheme =
        scheme == "basic" ? Credentials::Scheme::kBasic : Credentials::Scheme::kDigest;
    credentials.user = std::string(TakeWord(&text));
    // RFC 7617 2: the colon ends the user's name.
    if (credentials.user.empty() || absl::StrContains(credentials.user, ':')) return std::nullopt;
  } else {
    return std::nullopt;
  }
  credentials.secret = std::string(text);
  if (credentials.secret.empty() || HasControl(credentials.secret) ||
      HasControl(credentials.user)) {
    return std::nullopt;
  }
  return credentials;
}

}  // namespace

absl::StatusOr<CredentialStore> CredentialStore::Load(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  struct stat info = {};
  const bool known = fstat(fd, &info) == 0;
  std::string text;
  char buffer[4096];
  ssize_t size = 0;
  while (text.size() <= kMaxFileBytes && (size = read(fd, buffer, sizeof(buffer))) > 0) {
    text.append(buffer, size);
  }
  close(fd);
  if (!known || size < 0) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " holds secrets and is open to others: chmod 600 ", path));
  }
  if (text.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is too large"));
  }
  absl::StatusOr<CredentialStore> store = Parse(text);
  if (!store.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", store.status().message()));
  }
  return store;
}

absl::StatusOr<CredentialStore> CredentialStore::Parse(absl::string_view text) {
  CredentialStore store;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    const auto refuse = [&](absl::string_view why) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", why));
    };
    std::string origin(TakeWord(&line));
    if (absl::StartsWith(origin, "socks5://")) {
      const absl::StatusOr<std::vector<Proxy>> proxy = ParseProxies(origin);
      if (proxy.ok() && proxy->size() == 1) origin = proxy->front().origin();
    }
    const std::optional<Url> url = Url::Parse(origin);
    const bool is_origin = url.has_value() && url->is_http_family() && !url->has_credentials() &&
                           url->path() == "/" && !url->has_query() && !url->has_fragment();
    if (!is_origin) {
      return refuse(
          "a line begins with an origin, such as https://example.org:8443, or with a proxy, "
          "http://192.0.2.1:3128 or socks5://192.0.2.1:1080");
    }
    std::optional<Credentials> credentials = ReadCredentials(line);
    if (!credentials.has_value()) {
      return refuse(
          "behind the origin comes basic USER PASSWORD, digest USER PASSWORD or bearer "
          "TOKEN");
    }
    if (!store.by_origin_.try_emplace(url->origin(), *std::move(credentials)).second) {
      return refuse("the origin has credentials already");
    }
  }
  return store;
}

const Credentials* CredentialStore::Find(absl::string_view origin) const {
  const auto it = by_origin_.find(origin);
  return it == by_origin_.end() ? nullptr : &it->second;
}

}  // namespace spindle
