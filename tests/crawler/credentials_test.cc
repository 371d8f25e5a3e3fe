#include "crawler/credentials.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/storage/scratch_dir.h"

namespace spindle {
namespace {

TEST(CredentialsTest, ReadsLines) {
  const auto store = CredentialStore::Parse(
      "# comment\n\n"
      "https://A.example   basic  alice  correct horse \n"
      "https://api.example:8443/ bearer abc.def\r\n"
      "http://a.example digest bob p");
  ASSERT_TRUE(store.ok()) << store.status();
  const Credentials* basic = store->Find("https://a.example");
  ASSERT_NE(basic, nullptr);
  EXPECT_EQ(basic->user, "alice");
  EXPECT_EQ(basic->secret, "correct horse");
  EXPECT_EQ(store->Find("https://api.example:8443")->scheme, Credentials::Scheme::kBearer);
  EXPECT_EQ(store->Find("http://a.example")->scheme, Credentials::Scheme::kDigest);
}

TEST(CredentialsTest, ProxiesOfSocksAreNamedAsTheyAre) {
  const auto store = CredentialStore::Parse(
      "socks5://127.0.0.1:9304 basic joe pw\nsocks5://proxy.example basic u p");
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_NE(store->Find("http://127.0.0.1:9304"), nullptr);
  EXPECT_NE(store->Find("http://proxy.example:1080"), nullptr);
  EXPECT_FALSE(CredentialStore::Parse("socks5://a,socks5://b basic u p").ok());
}

TEST(CredentialsTest, AreOfOneOriginAlone) {
  const auto store = CredentialStore::Parse("https://a.example basic u p");
  for (const char* other : {"http://a.example", "https://a.example:8443", "https://b.a.example",
                            "https://example", ""}) {
    EXPECT_EQ(store->Find(other), nullptr) << other;
  }
}

TEST(CredentialsTest, ErrorsNameTheLineAndNoSecret) {
  for (const char* line : {"a.example basic u s3cret", "https://a.example/path basic u s3cret",
                           "https://a.example ntlm u s3cret", "https://a.example bearer s3cret x",
                           "https://u@a.example basic u s3cret", "ftp://a.example basic u s3cret",
                           "https://a.example basic s3cret", "https://a.example"}) {
    const absl::Status status = CredentialStore::Parse(std::string("\n") + line).status();
    EXPECT_TRUE(absl::StartsWith(status.message(), "line 2: ")) << line << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "s3cret")) << status;
  }
  EXPECT_FALSE(
      CredentialStore::Parse("http://a.example basic u p\nhttp://a.example basic u q").ok());
}

TEST(CredentialsTest, FileIsItsOwnersAlone) {
  ScratchDir dir;
  const std::string path = dir.path("auth");
  std::ofstream(path) << "https://a.example basic u p\n";
  chmod(path.c_str(), 0644);
  const absl::Status status = CredentialStore::Load(path).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "chmod 600")) << status;
  chmod(path.c_str(), 0600);
  EXPECT_TRUE(CredentialStore::Load(path).ok());
  EXPECT_TRUE(absl::IsNotFound(CredentialStore::Load(dir.path("none")).status()));
}

}  // namespace
}  // namespace spindle
