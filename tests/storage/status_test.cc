#include "storage/status.h"

#include <rocksdb/status.h>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace spindle {
namespace {

using RocksStatus = rocksdb::Status;

TEST(StatusTest, KeepsWhatRocksDbSaysBehindTheDirectory) {
  const absl::Status status =
      FromRocksDb(RocksStatus::Corruption("bad block", "000007.sst"), "DIR");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StartsWith(status.message(), "DIR: "));
  EXPECT_TRUE(absl::StrContains(status.message(), "bad block: 000007.sst"));
}

TEST(StatusTest, FullDiskIsResourceExhausted) {
  EXPECT_EQ(FromRocksDb(RocksStatus::NoSpace("No space left on device"), "DIR").code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(FromRocksDb(RocksStatus::SpaceLimit(), "DIR").code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(StatusTest, InputAndOutputErrorsAreToldApart) {
  const auto code = [](const char* text) {
    return FromRocksDb(RocksStatus::IOError("While open a file", text), "DIR").code();
  };
  EXPECT_EQ(code("f: Permission denied"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code("f: Read-only file system"), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(code("f: Too many open files"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code("f: Input/output error"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(FromRocksDb(RocksStatus::PathNotFound("f"), "DIR").code(), absl::StatusCode::kNotFound);
}

TEST(StatusTest, OtherCodesHaveTheirCounterparts) {
  EXPECT_TRUE(FromRocksDb(RocksStatus::OK(), "DIR").ok());
  EXPECT_EQ(FromRocksDb(RocksStatus::NotFound(), "DIR").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FromRocksDb(RocksStatus::NotSupported(), "DIR").code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(FromRocksDb(RocksStatus::InvalidArgument(), "DIR").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FromRocksDb(RocksStatus::ShutdownInProgress(), "DIR").code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(FromRocksDb(RocksStatus::Busy(), "DIR").code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace spindle
