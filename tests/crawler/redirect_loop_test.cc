#include "crawler/redirect_loop.h"

#include <barrier>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parsers/public_suffix.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr int kMaxRedirects = 10;

class RedirectLoopTest : public ::testing::Test {
 protected:
  UrlKey KeyOf(const std::string& url) const { return shards_.KeyOf(*Url::Parse(url)); }
  void Commit(const std::string& from, UrlState state, const std::string& target) {
    UrlRecord record;
    record.path = std::string(Url::Parse(from)->path_and_query());
    record.state = state;
    record.lane = Lane::kNone;
    record.detail = target;
    auto commit = store_->NewCommit();
    commit.PutUrl(KeyOf(from), record);
    ASSERT_TRUE(store_->Apply(commit).ok());
  }
  void Redirect(const std::string& from, const std::string& target) {
    Commit(from, UrlState::kRedirected, target);
  }
  // Whether it closed a loop.
  bool Judge(const std::string& url) {
    const auto ended = EndRedirectLoop(KeyOf(url), shards_, kMaxRedirects, store_.get());
    EXPECT_TRUE(ended.ok()) << ended.status();
    EXPECT_EQ(StateOf(url), *ended ? UrlState::kFailed : UrlState::kRedirected);
    return *ended;
  }
  UrlState StateOf(const std::string& url) const {
    return (**store_->reader().GetUrl(KeyOf(url))).state;
  }
  // URL number i of a chain, each at a host of its own.
  static std::string Nth(int i) { return absl::StrCat("http://h", i, ".example/"); }

  const std::string a_ = "http://a.example/";
  const std::string b_ = "http://b.example/x?y";
  ScratchDir dir_;
  const std::unique_ptr<CrawlStore> store_ = OpenTestStore(dir_.path("crawl"));
  const ShardMap shards_{kTestShardCount, kTestSalt, &PublicSuffixList::Builtin()};
};

TEST_F(RedirectLoopTest, UrlThatIsCommittedLastFindsTheOthers) {
  Redirect(a_, b_);
  EXPECT_FALSE(Judge(a_));
  Redirect(b_, a_);
  EXPECT_TRUE(Judge(b_));
  EXPECT_EQ((**store_->reader().GetUrl(KeyOf(b_))).reason, Reason::kRedirectLimit);
}

// Two workers have both committed before either looks.
TEST_F(RedirectLoopTest, LoopThatIsOpenedOnceIsNoLoopForTheOther) {
  Redirect(a_, b_);
  Redirect(b_, a_);
  EXPECT_TRUE(Judge(a_));
  EXPECT_FALSE(Judge(b_));
}

TEST_F(RedirectLoopTest, AtLeastOneOfTwoThatRaceEndsTheirLoop) {
  for (int i = 0; i < 200; ++i) {
    const std::string a = absl::StrCat(a_, i);
    const std::string b = absl::StrCat(b_, i);
    std::barrier both_fetched(2);
    const auto fetch = [&](const std::string& from, const std::string& target) {
      both_fetched.arrive_and_wait();
      Redirect(from, target);
      Judge(from);
    };
    std::thread other([&] { fetch(b, a); });
    fetch(a, b);
    other.join();
    EXPECT_TRUE(StateOf(a) == UrlState::kFailed || StateOf(b) == UrlState::kFailed) << i;
  }
}

TEST_F(RedirectLoopTest, UrlThatLeadsToItselfIsALoop) {
  Redirect(a_, absl::StrCat(a_, "#again"));
  EXPECT_TRUE(Judge(a_));
}

TEST_F(RedirectLoopTest, LoopsAreFollowedAsFarAsChainsMayGo) {
  for (const int length : {kMaxRedirects + 1, kMaxRedirects + 2}) {
    for (int i = 0; i < length; ++i) Redirect(Nth(i), Nth((i + 1) % length));
    EXPECT_EQ(Judge(Nth(0)), length == kMaxRedirects + 1) << length;
  }
}

TEST_F(RedirectLoopTest, ChainThatEndsInAPageIsNoLoop) {
  Redirect(a_, b_);
  Commit(b_, UrlState::kFetched, "");
  EXPECT_FALSE(Judge(a_));
}

TEST_F(RedirectLoopTest, LoopElsewhereIsNotOurs) {
  Redirect(a_, b_);
  Redirect(b_, Nth(0));
  Redirect(Nth(0), b_);
  EXPECT_FALSE(Judge(a_));
}

}  // namespace
}  // namespace spindle
