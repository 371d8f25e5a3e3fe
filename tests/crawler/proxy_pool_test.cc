#include "crawler/proxy_pool.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(ProxyPoolTest, ReadsProxies) {
  const auto proxies = ParseProxies("http://192.0.2.1:3128, socks5://Proxy.example,http://p:80/");
  ASSERT_TRUE(proxies.ok()) << proxies.status();
  ASSERT_EQ(proxies->size(), 3u);
  EXPECT_EQ((*proxies)[0].port, 3128);
  EXPECT_EQ((*proxies)[0].origin(), "http://192.0.2.1:3128");
  EXPECT_EQ((*proxies)[1].kind, Proxy::Kind::kSocks5);
  EXPECT_EQ((*proxies)[1].host, "proxy.example");
  EXPECT_EQ((*proxies)[1].port, 1080);
  EXPECT_EQ((*proxies)[2].origin(), "http://p");
}

TEST(ProxyPoolTest, SaysWhatIsNoProxyAndRepeatsNoPassword) {
  for (const char* text : {"192.0.2.1:3128", "https://p:1", "socks4://p:1", "http://p:1/path",
                           "http://", "http://p:99999"}) {
    const absl::Status status = ParseProxies(text).status();
    EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
  }
  const absl::Status status = ParseProxies("http://me:s3cret@p:3128").status();
  EXPECT_TRUE(absl::StrContains(status.message(), "--auth_file")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "s3cret")) << status;
}

class ProxyHealthTest : public ::testing::Test {
 protected:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  ProxyPool pool_{*ParseProxies("http://a:1,http://b:1")};
};

TEST_F(ProxyHealthTest, GoesRound) {
  EXPECT_EQ(pool_.Pick(now_), 0u);
  EXPECT_EQ(pool_.Pick(now_), 1u);
  EXPECT_EQ(pool_.Pick(now_), 0u);
}

TEST_F(ProxyHealthTest, DeadOneIsSetAsideForLongerAndLonger) {
  absl::Duration pause = absl::Seconds(1);
  for (int i = 0; i < 5; ++i) {
    while (pool_.Pick(now_) != 0u) {
    }
    pool_.Observe(0, false, now_);
    EXPECT_EQ(pool_.Pick(now_ + pause - absl::Milliseconds(1)), 1u);
    EXPECT_EQ(pool_.Pick(now_ + pause - absl::Milliseconds(1)), 1u);
    now_ += pause;
    pause *= 2;
  }
  EXPECT_EQ(pool_.Pick(now_), 0u);
}

TEST_F(ProxyHealthTest, ComesBackByOneTrial) {
  pool_.Observe(0, false, now_);
  now_ += absl::Seconds(1);
  EXPECT_EQ(pool_.Pick(now_), 0u);
  EXPECT_EQ(pool_.Pick(now_), 1u);
  EXPECT_EQ(pool_.Pick(now_), 1u);
  pool_.Observe(0, true, now_);
  EXPECT_EQ(pool_.Pick(now_), 0u);
}

TEST_F(ProxyHealthTest, RequestsThatFailTogetherAreOneFailure) {
  for (int i = 0; i < 50; ++i) pool_.Observe(0, false, now_);
  EXPECT_EQ(pool_.Pick(now_ + absl::Seconds(1)), 0u);
}

TEST_F(ProxyHealthTest, DoubtsCountWhereTheyAreOfManyHosts) {
  for (int i = 0; i < 50; ++i) pool_.ObserveDoubt(0, "dead.example", now_, "502");
  for (int i = 0; i < 3; ++i) pool_.ObserveDoubt(0, absl::StrCat("h", i), now_, "502");
  EXPECT_EQ(pool_.Pick(now_), 0u);
  pool_.Observe(0, true, now_);
  for (int i = 0; i < 4; ++i) pool_.ObserveDoubt(0, absl::StrCat("h", i), now_, "502");
  EXPECT_EQ(pool_.Pick(now_), 1u);
  EXPECT_EQ(pool_.Pick(now_), 0u);
  pool_.ObserveDoubt(0, "h4", now_, "502");
  EXPECT_EQ(pool_.Pick(now_), 1u);
  EXPECT_EQ(pool_.Pick(now_), 1u);
}

TEST_F(ProxyHealthTest, DoubtsOfAllProxiesAreShortPauses) {
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 5; ++i) pool_.ObserveDoubt(0, absl::StrCat("h", i), now_, "502");
    EXPECT_NE(pool_.Pick(now_), 0u);
    now_ += absl::Seconds(1);
  }
}

TEST_F(ProxyHealthTest, DoubtsWhereOthersWorkAreFailures) {
  for (int i = 0; i < 5; ++i) {
    pool_.ObserveDoubt(0, absl::StrCat("h", i), now_, "502");
    pool_.Observe(1, true, now_);
  }
  now_ += absl::Seconds(1);
  EXPECT_EQ(pool_.Pick(now_, {1}), 0u);  // a trial
  pool_.ObserveDoubt(0, "h", now_, "502");
  EXPECT_FALSE(pool_.Pick(now_ + absl::Milliseconds(1900), {1}).has_value());
}

TEST_F(ProxyHealthTest, SaysWhatIsWrongWithEach) {
  pool_.Observe(0, false, now_, "Connection refused");
  EXPECT_EQ(pool_.Describe(), "http://a:1: Connection refused; http://b:1: is being tried");
}

TEST_F(ProxyHealthTest, WithAllSetAsideSaysWhenTheFirstIsBack) {
  pool_.Observe(0, false, now_);
  pool_.Observe(1, false, now_ + absl::Milliseconds(300));
  EXPECT_FALSE(pool_.Pick(now_ + absl::Milliseconds(500)).has_value());
  EXPECT_EQ(pool_.NextTry(now_ + absl::Milliseconds(500)), now_ + absl::Seconds(1));
}

}  // namespace
}  // namespace spindle
