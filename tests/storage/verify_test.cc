#include "storage/verify.h"

#include <fstream>
#include <memory>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "storage/body_codec.h"
#include "storage/crawl_store.h"
#include "storage/host_rows.h"
#include "tests/storage/raw_row.h"
#include "tests/storage/scratch_dir.h"
#include "tests/storage/test_crawl.h"

namespace spindle {
namespace {

constexpr char kOrigin[] = "https://example.org";
constexpr char kOther[] = "https://example.net";
constexpr char kPage[] =
    "<html>a page long enough to be compressed, with words words words words</html>";

// A crawl in which everything is true, and the changes that break it.
class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() : store_(OpenTestStore(scratch_.path())), crawl_(store_.get()) {
    queued_ = crawl_.AddQueued(kOrigin, "/queued", 1);
    crawl_.AddQueued(kOrigin, "/queued-too", 2);
    page_ = crawl_.AddPage(kOrigin, "/page", kPage, 3);
    crawl_.AddPage(kOther, "/empty", "", 4);
    crawl_.AddEnded(kOther, "/private", UrlState::kExcluded, Reason::kRobotsDisallowed);
    crawl_.AddRobots(kOther, RobotsRecord());
    Commit commit = store_->NewCommit();
    commit.PutInbox({1, 2, store_->NextInboxSequence()}, {LinkRecord{kOrigin, "/x"}});
    Apply(commit);
  }

  void Apply(Commit& commit) { ASSERT_TRUE(store_->Apply(commit).ok()); }

  template <typename Change>
  void ChangeHost(Change change) {
    HostRecord host = **store_->reader().GetHost(queued_.host_key());
    change(host);
    Commit commit = store_->NewCommit();
    commit.PutHost(queued_.host_key(), host);
    Apply(commit);
  }

  template <typename Change>
  void ChangeUrl(const UrlKey& key, Change change) {
    UrlRecord url = **store_->reader().GetUrl(key);
    change(url);
    Commit commit = store_->NewCommit();
    commit.PutUrl(key, url);
    Apply(commit);
  }

  template <typename Change>
  void ChangePage(Change change) {
    PageRecord page = **store_->reader().GetPage(page_);
    change(page);
    Commit commit = store_->NewCommit();
    commit.PutPage(page_, page, "");
    Apply(commit);
  }

  // A row as no commit would write it.
  void PutRaw(Family family, const std::string& key, const std::string& value) {
    store_.reset();
    PutRawRow(scratch_.path(), family, key, value);
    store_ = OpenTestStore(scratch_.path());
  }
  void DeleteRaw(Family family, const std::string& key) {
    store_.reset();
    DeleteRawRow(scratch_.path(), family, key);
    store_ = OpenTestStore(scratch_.path());
  }

  VerifyReport Report(bool deep = false) {
    VerifyOptions options;
    options.deep = deep;
    const auto report = Verify(store_->reader(), options);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : VerifyReport();
  }

  // Exactly this many violations of one check and no other.
  void ExpectOnly(const std::string& check, uint64_t count = 1, bool deep = false) {
    const VerifyReport report = Report(deep);
    EXPECT_EQ(report.violations_by_check, (std::map<std::string, uint64_t>{{check, count}}));
    for (const Violation& violation : report.violations) {
      EXPECT_EQ(violation.check, check) << violation.where << ": " << violation.message;
      EXPECT_FALSE(violation.where.empty());
      EXPECT_FALSE(violation.message.empty());
    }
    EXPECT_FALSE(report.ok());
  }

  ScratchDir scratch_;
  std::unique_ptr<CrawlStore> store_;
  TestCrawl crawl_;
  UrlKey queued_;
  PageKey page_;
};

TEST_F(VerifyTest, FindsAnotherSuffixListThanWasKept) {
  const std::string path = scratch_.path(kSuffixFile);
  std::ofstream(path) << "co.example\n";
  EXPECT_TRUE(Report().ok());  // nothing to compare it with yet
  ASSERT_TRUE(store_->KeepSuffixList().ok());
  EXPECT_TRUE(Report().ok());
  std::ofstream(path) << "cp.example\n";
  ExpectOnly("suffix-list");
  std::remove(path.c_str());
  ExpectOnly("suffix-list");
}

TEST_F(VerifyTest, FindsNothingWhereEverythingIsTrue) {
  for (const bool deep : {false, true}) {
    const VerifyReport report = Report(deep);
    EXPECT_TRUE(report.ok()) << report.violations[0].message;
    EXPECT_EQ(report.host_count, 2);
    EXPECT_EQ(report.robots_count, 1);
    EXPECT_EQ(report.url_count, 5);
    EXPECT_EQ(report.queue_count, 2);
    EXPECT_EQ(report.page_count, 2);
    EXPECT_EQ(report.body_count, 1);
    EXPECT_EQ(report.inbox_count, 1);
    EXPECT_EQ(report.refetched_count, 0);
  }
}

TEST_F(VerifyTest, LooksOnWhileTheCrawlIsOpen) {
  auto onlooker = CrawlReader::Open(scratch_.path());
  ASSERT_TRUE(onlooker.ok()) << onlooker.status();
  const auto report = Verify(**onlooker, VerifyOptions());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->url_count, 5);
}

TEST_F(VerifyTest, AcceptsAnEmptyCrawl) {
  ScratchDir empty;
  std::unique_ptr<CrawlStore> store = OpenTestStore(empty.path());
  EXPECT_TRUE(Verify(store->reader(), VerifyOptions())->ok());
}

TEST_F(VerifyTest, AcceptsSeveralPagesOfAUrlAndCountsIt) {
  PageRecord again = **store_->reader().GetPage(page_);
  again.fetched = At(100);
  again.wire_bytes = 0;
  Commit commit = store_->NewCommit();
  commit.PutPage({page_.url, absl::ToUnixMicros(At(100))}, again, "");
  Apply(commit);
  const VerifyReport report = Report();
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.refetched_count, 1);
}

TEST_F(VerifyTest, FindsQueuedUrlWithoutEntry) {
  const UrlRecord url = **store_->reader().GetUrl(queued_);
  Commit commit = store_->NewCommit();
  commit.DeleteQueueEntry(*QueueEntryOf(queued_, url));
  Apply(commit);
  ChangeHost([](HostRecord& host) { --host.queued_count; });
  ExpectOnly("queue");
}

TEST_F(VerifyTest, FindsSecondEntryOfAUrl) {
  Commit commit = store_->NewCommit();
  commit.PutQueueEntry({queued_, 0, 1});
  Apply(commit);
  ChangeHost([](HostRecord& host) { ++host.queued_count; });
  ExpectOnly("queue");
}

TEST_F(VerifyTest, FindsEntryOfAUrlThatHasNone) {
  ChangeUrl(queued_, [](UrlRecord& url) {
    url.state = UrlState::kGone;
    url.lane = Lane::kNone;
  });
  ExpectOnly("queue");
}

TEST_F(VerifyTest, FindsReadyUrlThatIsNotQueued) {
  ChangeUrl(queued_, [](UrlRecord& url) { url.state = UrlState::kGone; });
  ExpectOnly("queue");
}

TEST_F(VerifyTest, FindsHostWithWorkThatIsNotInFront) {
  Commit commit = store_->NewCommit();
  const HostRecord host = **store_->reader().GetHost(queued_.host_key());
  commit.DeleteFrontEntry({queued_.shard, absl::ToUnixMicros(host.front_due), queued_.host});
  Apply(commit);
  ExpectOnly("front");
  ChangeHost([](HostRecord& host) { host.front_due = absl::InfinitePast(); });
  ExpectOnly("front");
}

TEST_F(VerifyTest, FindsFrontEntryThatItsHostDoesNotKnow) {
  Commit commit = store_->NewCommit();
  commit.PutFrontEntry({queued_.shard, 1, queued_.host});
  commit.PutFrontEntry({queued_.shard, 1, 99});
  Apply(commit);
  ExpectOnly("front", 2);
}

TEST_F(VerifyTest, AcceptsCopyOfAPageAndFindsOneWithoutOriginal) {
  PageRecord copy = **store_->reader().GetPage(page_);
  copy.fetched = At(100);
  copy.original = page_;
  Commit commit = store_->NewCommit();
  commit.PutPage({page_.url, absl::ToUnixMicros(At(100))}, copy, "ignored");
  commit.PutDigest({page_.url.host_key(), copy.digest}, page_);
  Apply(commit);
  EXPECT_TRUE(Report().ok());
  EXPECT_EQ(store_->reader().GetBody({page_.url, absl::ToUnixMicros(At(100))})->value(), kPage);
  copy.original->fetched_us = 1;
  commit.PutPage({page_.url, absl::ToUnixMicros(At(100))}, copy, "");
  Apply(commit);
  ExpectOnly("body");
}

TEST_F(VerifyTest, FindsDigestOfAnUnknownPage) {
  Commit commit = store_->NewCommit();
  commit.PutDigest({page_.url.host_key(), 7}, {page_.url, 1});
  Apply(commit);
  ExpectOnly("digest");
}

TEST_F(VerifyTest, FindsEntryAtAnotherPriority) {
  ChangeUrl(queued_, [](UrlRecord& url) { url.priority = 9; });
  ExpectOnly("queue", 2);  // the entry is wrong, and the right one is missing
}

TEST_F(VerifyTest, FindsEntryOfAnUnknownUrl) {
  DeleteRaw(Family::kUrls, EncodeKey(queued_));
  ChangeHost([](HostRecord& host) { --host.known_count; });
  ExpectOnly("queue");
}

TEST_F(VerifyTest, FindsEntryBeforeTheHead) {
  ChangeHost([&](HostRecord& host) {
    host.queue_head = QueueKey{queued_, 0, absl::ToUnixMicros(At(2))};
  });
  ExpectOnly("queue-head");
}

TEST_F(VerifyTest, FindsFetchedUrlWithoutPage) {
  ChangeUrl(crawl_.KeyOf(kOther, "/private"),
            [](UrlRecord& url) { url.state = UrlState::kFetched; });
  ExpectOnly("page");
}

TEST_F(VerifyTest, FindsPageOfAnUnknownUrl) {
  DeleteRaw(Family::kUrls, EncodeKey(page_.url));
  ChangeHost([](HostRecord& host) { --host.known_count; });
  ExpectOnly("page");
}

TEST_F(VerifyTest, FindsPageThatNamesAnotherUrl) {
  ChangePage([](PageRecord& page) { page.url = "https://example.org/else"; });
  ExpectOnly("page");
}

TEST_F(VerifyTest, FindsPageThatNamesAnotherTime) {
  ChangePage([](PageRecord& page) { page.fetched = At(99); });
  ExpectOnly("page");
}

TEST_F(VerifyTest, FindsPageWithoutBody) {
  DeleteRaw(Family::kBodies, EncodeKey(page_));
  ExpectOnly("body");
}

TEST_F(VerifyTest, FindsBodyWithoutPage) {
  PutRaw(Family::kBodies, EncodeKey(PageKey{page_.url, 1}), "x");
  PutRaw(Family::kBodies, EncodeKey(PageKey{page_.url, INT64_MAX}), "x");
  ExpectOnly("body", 2);
}

TEST_F(VerifyTest, FindsBodyThatDoesNotDecodeWhenDeep) {
  PutRaw(Family::kBodies, EncodeKey(page_), "garbage");
  EXPECT_TRUE(Report(false).ok());
  ExpectOnly("body", 1, true);
}

TEST_F(VerifyTest, FindsBodyWithAnotherDigestWhenDeep) {
  ChangePage([](PageRecord& page) { page.digest = 1; });
  EXPECT_TRUE(Report(false).ok());
  ExpectOnly("digest", 1, true);
}

TEST_F(VerifyTest, LeavesContentCodingsToItsCaller) {
  ChangePage([](PageRecord& page) { page.digest = BodyDigest("decoded"); });
  VerifyOptions options;
  options.deep = true;
  options.decode_body = [](const PageRecord&,
                           const std::string& body) -> absl::StatusOr<std::string> {
    EXPECT_EQ(body, kPage);
    return std::string("decoded");
  };
  EXPECT_TRUE(Verify(store_->reader(), options)->ok());
}

TEST_F(VerifyTest, FindsUrlFoundOnAnUnknownPageWhenDeep) {
  ChangeUrl(queued_, [](UrlRecord& url) { url.found_on = UrlKey{1, 2, 3}; });
  EXPECT_TRUE(Report(false).ok());
  ExpectOnly("found-on", 1, true);
}

TEST_F(VerifyTest, FindsWrongHostCounters) {
  ChangeHost([](HostRecord& host) {
    ++host.known_count;
    ++host.queued_count;
    ++host.page_count;
    ++host.body_bytes;
  });
  ExpectOnly("host-counters", 4);
}

TEST_F(VerifyTest, FindsRecordsOfAnUnknownHost) {
  const HostRecord host = **store_->reader().GetHost(queued_.host_key());
  Commit commit = store_->NewCommit();
  commit.DeleteFrontEntry({queued_.shard, absl::ToUnixMicros(host.front_due), queued_.host});
  Apply(commit);
  DeleteRaw(Family::kHosts, HostRowKey(queued_.host_key(), HostRow::kHost));
  ExpectOnly("host");
}

TEST_F(VerifyTest, FindsHostUnderAnotherId) {
  ChangeHost([](HostRecord& host) { host.origin = kOther; });
  const VerifyReport report = Report();
  EXPECT_EQ(report.violations_by_check.at("id"), 4);    // its own, and those of its three URLs
  EXPECT_EQ(report.violations_by_check.at("page"), 1);  // its page names the other origin
}

TEST_F(VerifyTest, FindsUrlUnderAnotherId) {
  ChangeUrl(queued_, [](UrlRecord& url) { url.path = "/another"; });
  ExpectOnly("id");
}

// No two paths with one id are known, so the one that is in the way has no right to its place, and
// is the one blamed.
TEST_F(VerifyTest, AcceptsAUrlBehindTheOneThatHasItsId) {
  const UrlKey home = crawl_.KeyOf(kOther, "/moved");
  UrlRecord moved, holder;
  moved.path = "/moved";
  holder.path = "/holder";
  moved.state = holder.state = UrlState::kExcluded;
  moved.lane = holder.lane = Lane::kNone;
  HostRecord host = **store_->reader().GetHost(home.host_key());
  host.known_count += 2;
  Commit commit = store_->NewCommit();
  commit.PutUrl(home, holder);
  commit.PutUrl({home.shard, home.host, home.url + 1}, moved);
  commit.PutHost(home.host_key(), host);
  Apply(commit);
  ExpectOnly("id", 1);
  EXPECT_TRUE(absl::StrContains(Report().violations[0].where, "/holder"));
}

TEST_F(VerifyTest, FindsUrlBehindAFreeId) {
  UrlKey moved = crawl_.KeyOf(kOther, "/private");
  const UrlRecord url = **store_->reader().GetUrl(moved);
  DeleteRaw(Family::kUrls, EncodeKey(moved));
  ++moved.url;
  PutRaw(Family::kUrls, EncodeKey(moved), Encode(url));
  ExpectOnly("id");
}

TEST_F(VerifyTest, FindsUrlStoredTwice) {
  UrlKey second = crawl_.KeyOf(kOther, "/private");
  const UrlRecord url = **store_->reader().GetUrl(second);
  ++second.url;
  PutRaw(Family::kUrls, EncodeKey(second), Encode(url));
  HostRecord host = **store_->reader().GetHost(second.host_key());
  ++host.known_count;
  PutRaw(Family::kHosts, HostRowKey(second.host_key(), HostRow::kHost), Encode(host));
  ExpectOnly("id");
}

TEST_F(VerifyTest, FindsShardsThatDoNotExist) {
  Commit commit = store_->NewCommit();
  HostRecord host;
  host.origin = kOrigin;
  commit.PutHost({kTestShardCount, MakeHostId(kTestSalt, kOrigin)}, host);
  commit.PutInbox({0, kTestShardCount, 1}, {});
  Apply(commit);
  ExpectOnly("shard", 2);
}

TEST_F(VerifyTest, FindsRecordsThatDoNotDecode) {
  PutRaw(Family::kHosts, HostRowKey(crawl_.HostOf(kOther), HostRow::kRobots), "\x07");
  PutRaw(Family::kInbox, EncodeKey(InboxKey{0, 1, 1}), "");
  PutRaw(Family::kUrls, EncodeKey(crawl_.KeyOf(kOther, "/private")), "?");
  ExpectOnly("record", 3);
}

TEST_F(VerifyTest, FindsKeysThatAreNone) {
  for (const Family family : {Family::kHosts, Family::kUrls, Family::kQueue, Family::kInbox,
                              Family::kPages, Family::kBodies}) {
    PutRaw(family, "odd", "");
  }
  ExpectOnly("key", 6);
}

TEST_F(VerifyTest, CountsAllButDescribesOnlyTheFirst) {
  Commit commit = store_->NewCommit();
  for (uint64_t i = 0; i < 10; ++i) commit.PutInbox({9, 9, i}, {});
  Apply(commit);
  VerifyOptions options;
  options.max_violations = 3;
  const auto report = Verify(store_->reader(), options);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->violation_count, 10);
  EXPECT_EQ(report->violations.size(), 3);
}

}  // namespace
}  // namespace spindle
