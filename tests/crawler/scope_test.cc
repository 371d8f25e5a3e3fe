#include "crawler/scope.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

bool Contains(ScopeKind kind, const char* seed, const char* url) {
  Scope scope(kind, &PublicSuffixList::Builtin());
  scope.AddSeed(*Url::Parse(seed));
  return scope.Contains(*Url::Parse(url));
}

TEST(ScopeTest, HostIsTheSeedsHostWhateverSchemePortAndWww) {
  for (const char* url : {"http://example.org/a", "https://example.org/", "http://example.org:81/",
                          "http://www.example.org/"}) {
    EXPECT_TRUE(Contains(ScopeKind::kHost, "http://example.org/x", url)) << url;
  }
  EXPECT_TRUE(Contains(ScopeKind::kHost, "http://www.example.org/", "http://example.org/"));
  EXPECT_FALSE(Contains(ScopeKind::kHost, "http://example.org/", "http://a.example.org/"));
  EXPECT_FALSE(Contains(ScopeKind::kHost, "http://example.org/", "http://badexample.org/"));
}

TEST(ScopeTest, DomainIsTheRegistrableDomain) {
  EXPECT_TRUE(Contains(ScopeKind::kDomain, "http://a.example.co.uk/", "http://b.example.co.uk/"));
  EXPECT_FALSE(Contains(ScopeKind::kDomain, "http://example.co.uk/", "http://other.co.uk/"));
  EXPECT_TRUE(Contains(ScopeKind::kDomain, "http://127.0.0.1/", "http://127.0.0.1:81/"));
  EXPECT_FALSE(Contains(ScopeKind::kDomain, "http://127.0.0.1/", "http://127.0.0.2/"));
}

TEST(ScopeTest, AnyIsEverything) {
  EXPECT_TRUE(Contains(ScopeKind::kAny, "http://example.org/", "https://else.example/"));
}

}  // namespace
}  // namespace spindle
