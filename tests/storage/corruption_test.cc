// Damaged files of a crawl: reported with what they hold, never passed over.

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "storage/crawl_store.h"
#include "storage/database_options.h"
#include "storage/manifest.h"
#include "storage/verify.h"
#include "tests/storage/test_crawl.h"
#include "tests/testing/memory_files.h"

namespace spindle {
namespace {

constexpr char kDir[] = "/crawl";
constexpr char kOrigin[] = "https://example.org";

std::string Noise(size_t bytes) {
  static std::mt19937_64 random(1);
  std::string noise(bytes, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

class CorruptionTest : public ::testing::Test {
 protected:
  CorruptionTest() : files_(std::make_unique<MemoryFiles>()) {
    EXPECT_TRUE(Open().ok());
    for (int i = 0; i < 20; ++i) {
      crawl_->AddPage(kOrigin, absl::StrCat("/page/", i), Noise(10'000), i);
      crawl_->AddQueued(kOrigin, absl::StrCat("/queued/", i), i);
    }
  }

  absl::Status Open() {
    auto store = OpenTestStore(kDir, files_->env());
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    crawl_ = std::make_unique<TestCrawl>(store_.get());
    return absl::OkStatus();
  }

  // With everything in tables, or with everything in the log.
  void Close() { store_.reset(); }
  void Die() {
    auto left = files_->AfterDeath();
    store_.reset();
    files_ = std::move(left);
  }

  std::vector<std::string> Paths(absl::string_view part) {
    std::vector<std::string> paths;
    for (const std::string& path : files_->List()) {
      if (absl::StrContains(path, part) && !files_->Read(path).empty()) paths.push_back(path);
    }
    return paths;
  }
  void Flip(const std::string& path, size_t at) {
    std::string bytes = files_->Read(path);
    bytes[at] ^= 0x40;
    files_->Write(path, bytes);
  }

  // The same of a copy with one bit changed.
  absl::Status ReadAllWithFlip(const std::string& path, size_t at) {
    auto good = files_->AfterDeath();
    Flip(path, at);
    absl::Status status = ReadAll();
    files_ = std::move(good);
    return status;
  }

  // What somebody gets to hear who reads all of the crawl.
  absl::Status ReadAll() {
    if (absl::Status status = Open(); !status.ok()) return status;
    VerifyOptions options;
    options.deep = true;
    const auto report = Verify(store_->reader(), options);
    store_.reset();
    if (!report.ok()) return report.status();
    if (report->ok()) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat(report->violations[0].where, ": ", report->violations[0].message));
  }

  // True: all were found.
  bool AllUrlsAreFoundOrAnError() {
    bool all = true;
    for (int i = 0; i < 20; ++i) {
      for (const char* kind : {"/page/", "/queued/"}) {
        const auto url = store_->reader().GetUrl(crawl_->KeyOf(kOrigin, absl::StrCat(kind, i)));
        EXPECT_TRUE(!url.ok() || url->has_value()) << kind << i << " is hidden";
        all = all && url.ok();
      }
    }
    return all;
  }

  // One table, of a record that was there.
  void WriteTableOfAnEarlierVersion() {
    DatabaseTuning tuning = TuneForWriting(0, 100);
    tuning.db.env = files_->env();
    tuning.db.file_checksum_gen_factory = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(tuning.db, kDir, tuning.families, &handles, &db).ok());
    rocksdb::ColumnFamilyHandle* const meta = handles[static_cast<size_t>(Family::kMeta)];
    std::string row;
    EXPECT_TRUE(db->Get(rocksdb::ReadOptions(), meta, "crawl", &row).ok());
    EXPECT_TRUE(db->Put(rocksdb::WriteOptions(), meta, "crawl", row).ok());
    EXPECT_TRUE(db->Flush(rocksdb::FlushOptions(), meta).ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) delete handle;
    delete db;
  }

  // Pages until there are several logs that are all still needed. Dies then.
  void FillLogs() {
    const std::string body = Noise(200'000);
    for (int i = 20; Paths(".log").size() < 5; ++i) {
      ASSERT_LT(i, 500);
      crawl_->AddPage(kOrigin, absl::StrCat("/page/", i), body, i);
      page_count_ = i + 1;
    }
    ASSERT_TRUE(store_->Sync().ok());
    Die();
  }

  // Does what a message says that gives up the end.
  void GiveUp(const absl::Status& status) {
    const size_t at = status.message().find("truncate --size=0 ");
    ASSERT_NE(at, absl::string_view::npos) << status;
    for (absl::string_view path : absl::StrSplit(status.message().substr(at), ' ')) {
      if (absl::StartsWith(path, "/")) files_->Write(std::string(path), "");
    }
  }

  // Those that are there are the first ones.
  int CountFirstPages() {
    int count = 0;
    for (int i = 0; i < page_count_; ++i) {
      const auto url = store_->reader().GetUrl(crawl_->KeyOf(kOrigin, absl::StrCat("/page/", i)));
      if (!url.ok() || !url->has_value()) continue;
      EXPECT_EQ(count, i);
      ++count;
    }
    return count;
  }

  int page_count_ = 20;
  std::unique_ptr<MemoryFiles> files_;
  std::unique_ptr<CrawlStore> store_;
  std::unique_ptr<TestCrawl> crawl_;
};

TEST_F(CorruptionTest, EveryByteOfATableOrBlobFileIsCompared) {
  Close();
  ASSERT_GE(Paths(".sst").size(), 5);
  ASSERT_GE(Paths(".blob").size(), 1);
  for (const char* part : {".sst", ".blob"}) {
    for (const std::string& path : Paths(part)) {
      const size_t size = files_->Read(path).size();
      for (size_t at = 3; at < size; at += size / 4) {
        const absl::Status status = ReadAllWithFlip(path, at);
        EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << path << ": " << status;
        EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
        EXPECT_TRUE(absl::StrContains(status.message(), " family ")) << status;
      }
    }
  }
  EXPECT_TRUE(ReadAll().ok());
}

TEST_F(CorruptionTest, FilesWithoutAChecksumAreCounted) {
  Close();
  WriteTableOfAnEarlierVersion();
  ASSERT_TRUE(Open().ok());
  VerifyOptions options;
  options.deep = true;
  const auto report = Verify(store_->reader(), options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << report->violations[0].message;
  EXPECT_GE(report->compared_file_count, 8);
  EXPECT_EQ(report->unchecked_file_count, 1);
}

// A filter tells without a look at the records that a URL is new.
TEST_F(CorruptionTest, NoDamageOfATableHidesAUrl) {
  Close();
  const auto manifest = ReadManifest(files_->env(), kDir);
  ASSERT_TRUE(manifest.ok());
  int harmless = 0;
  for (const auto& [number, table] : manifest->tables) {
    if (table.family != "urls") continue;
    for (size_t at = 1; at < table.bytes; at += 16) {
      auto good = files_->AfterDeath();
      Flip(absl::StrFormat("%s/%06d.sst", kDir, number), at);
      if (Open().ok() && AllUrlsAreFoundOrAnError()) ++harmless;
      store_.reset();
      files_ = std::move(good);
    }
  }
  EXPECT_GT(harmless, 0);
}

TEST_F(CorruptionTest, DamageThatIsFoundWhileReadingSaysWhatTheTableHolds) {
  Close();
  int described = 0;
  for (const std::string& path : Paths(".sst")) {
    const std::string message(ReadAllWithFlip(path, 5).message());
    if (absl::StrContains(message, "holds 40 records of the family urls, shard 1, of " +
                                       std::string(kOrigin) + " (what is known of URLs)")) {
      ++described;
    }
  }
  EXPECT_EQ(described, 1);
}

TEST_F(CorruptionTest, DamagedBodiesAreNamedByTheirPagesAndCounted) {
  Close();
  const std::string path = Paths(".blob").back();
  const size_t size = files_->Read(path).size();
  Flip(path, size / 4);
  Flip(path, size * 3 / 4);
  ASSERT_TRUE(Open().ok());
  const auto report = Verify(store_->reader(), VerifyOptions());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->violation_count, 2);
  for (const Violation& violation : report->violations) {
    EXPECT_TRUE(absl::StrContains(violation.where, std::string(kOrigin) + "/page/"));
  }
  EXPECT_EQ(report->page_count, 20);
}

TEST_F(CorruptionTest, TablesThatCannotBeOpenedAreNamedWithTheirFamily) {
  Close();
  std::set<std::string> families;
  for (const std::string& path : Paths(".sst")) {
    const size_t size = files_->Read(path).size();
    for (const size_t from_end : {5, 60}) {  // the footer, and what it leads to
      const std::string message(ReadAllWithFlip(path, size - from_end).message());
      EXPECT_FALSE(absl::StrContains(message, "MANIFEST")) << message;
      const size_t at = message.find(" bytes of records of the family ");
      ASSERT_NE(at, std::string::npos) << message;
      std::string rest = message.substr(at + strlen(" bytes of records of the family "));
      families.insert(rest.substr(0, rest.find_first_of(", ")));
    }
  }
  EXPECT_EQ(families,
            (std::set<std::string>{"meta", "hosts", "urls", "queue", "front", "pages", "bodies"}));
}

TEST_F(CorruptionTest, LogThatIsGoneIsMissedUntilItIsGivenUp) {
  Die();
  const std::string path = Paths(".log").back();
  ASSERT_TRUE(files_->env()->DeleteFile(path).ok());
  const std::string message(ReadAll().message());
  ASSERT_TRUE(absl::StrContains(message, "the write-ahead log is missing")) << message;
  files_->Write(message.substr(message.find("touch ") + strlen("touch ")), "");
  EXPECT_TRUE(ReadAll().ok());
}

TEST_F(CorruptionTest, OneOfSeveralLogsThatIsGoneIsNamed) {
  FillLogs();
  for (const std::string& path : Paths(".log")) {
    auto whole = files_->AfterDeath();
    ASSERT_TRUE(files_->env()->DeleteFile(path).ok());
    const absl::Status status = Open();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << path << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    store_.reset();
    files_ = std::move(whole);
  }
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(CountFirstPages(), page_count_);
}

TEST_F(CorruptionTest, WhatLiesBehindALogThatIsGoneCanBeGivenUp) {
  FillLogs();
  ASSERT_TRUE(files_->env()->DeleteFile(Paths(".log")[2]).ok());
  GiveUp(Open());
  ASSERT_TRUE(Open().ok());
  const int pages = CountFirstPages();
  EXPECT_GT(pages, 20);
  EXPECT_LT(pages, page_count_);
}

TEST_F(CorruptionTest, WhatLiesBehindADamagedLogCanBeGivenUpWithTheLogsBehindIt) {
  FillLogs();
  const std::string path = Paths(".log")[1];
  const std::string good = files_->Read(path);
  Flip(path, good.size() / 2);
  const absl::Status status = Open();
  const std::string message(status.message());
  size_t size = 0;
  ASSERT_EQ(sscanf(message.substr(message.find("--size=")).c_str(), "--size=%zu", &size), 1);
  files_->Write(path, good.substr(0, size));
  EXPECT_EQ(Open().code(), absl::StatusCode::kDataLoss);
  GiveUp(status);
  ASSERT_TRUE(Open().ok());
  const int pages = CountFirstPages();
  EXPECT_GT(pages, 20);
  EXPECT_LT(pages, page_count_);
}

TEST_F(CorruptionTest, CurrentThatNamesNoManifestIsNamed) {
  Close();
  const std::string path = absl::StrCat(kDir, "/CURRENT");
  for (size_t at = 0; at < files_->Read(path).size(); ++at) {
    const absl::Status status = ReadAllWithFlip(path, at);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
  }
  ASSERT_TRUE(files_->env()->DeleteFile(path).ok());
  EXPECT_TRUE(absl::StrContains(ReadAll().message(), path));
}

TEST_F(CorruptionTest, ManifestIsNamed) {
  Close();
  const std::string path = Paths("MANIFEST").back();
  const size_t size = files_->Read(path).size();
  // The last entry may be torn: it says that a log is no longer needed.
  for (size_t at = 0; at + 24 < size; at += 13) {
    const absl::Status status = ReadAllWithFlip(path, at);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << at << " of " << size << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
  }
}

TEST_F(CorruptionTest, HoleInTheLogIsNamedAndNothingIsDropped) {
  Die();
  const std::string path = Paths(".log").back();
  for (int i = 1; i < 20; ++i) {
    const absl::Status status = ReadAllWithFlip(path, files_->Read(path).size() * i / 20);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
  }
  EXPECT_TRUE(ReadAll().ok());
}

TEST_F(CorruptionTest, LogMayBeCutOffWhereTheMessageSays) {
  Die();
  const std::string path = Paths(".log").back();
  const std::string good = files_->Read(path);
  Flip(path, good.size() / 2);
  const std::string message(ReadAll().message());
  size_t size = 0;
  ASSERT_EQ(sscanf(message.substr(message.find("--size=")).c_str(), "--size=%zu", &size), 1);
  files_->Write(path, good.substr(0, size));
  EXPECT_TRUE(ReadAll().ok());
}

TEST_F(CorruptionTest, TornEndOfTheLogIsNoDamage) {
  Die();
  const std::string path = Paths(".log").back();
  const std::string good = files_->Read(path);
  for (size_t cut = 1; cut < 5000; cut += 163) {
    for (const std::string& garbage : {std::string(), Noise(cut)}) {
      auto whole = files_->AfterDeath();
      files_->Write(path, good.substr(0, good.size() - cut) + garbage);
      const absl::Status status = ReadAll();
      EXPECT_TRUE(status.ok()) << cut << ": " << status;
      files_ = std::move(whole);
    }
  }
}

}  // namespace
}  // namespace spindle
