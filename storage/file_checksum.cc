#include "storage/file_checksum.h"

#include <rocksdb/env.h>
#include <xxhash.h>

#include <cstdint>
#include <vector>

#include "storage/coding.h"
#include "storage/status.h"

namespace spindle {

const char kFileChecksumName[] = "XXH3";

namespace {

constexpr size_t kReadBytes = size_t{1} << 20;

class Generator : public rocksdb::FileChecksumGenerator {
 public:
  Generator() { XXH3_64bits_reset(state_.get()); }

  void Update(const char* data, size_t size) override {
    XXH3_64bits_update(state_.get(), data, size);
  }
  void Finalize() override { PutFixed64(&checksum_, XXH3_64bits_digest(state_.get())); }
  std::string GetChecksum() const override { return checksum_; }
  const char* Name() const override { return kFileChecksumName; }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  // The library aligns it.
  const std::unique_ptr<XXH3_state_t, Free> state_{XXH3_createState()};
  std::string checksum_;
};

class Factory : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    const std::string& asked = context.requested_checksum_func_name;
    if (!asked.empty() && asked != kFileChecksumName) return nullptr;
    return std::make_unique<Generator>();
  }
  const char* Name() const override { return "SpindleFileChecksums"; }
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> FileChecksums() {
  return std::make_shared<Factory>();
}

absl::StatusOr<std::string> ChecksumOfFile(rocksdb::Env* env, const std::string& path) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  rocksdb::Status status = env->NewSequentialFile(path, &file, rocksdb::EnvOptions());
  if (!status.ok()) return FromRocksDb(status, path);
  Generator generator;
  std::vector<char> scratch(kReadBytes);
  rocksdb::Slice bytes;
  do {
    status = file->Read(scratch.size(), &bytes, scratch.data());
    if (!status.ok()) return FromRocksDb(status, path);
    generator.Update(bytes.data(), bytes.size());
  } while (!bytes.empty());
  generator.Finalize();
  return generator.GetChecksum();
}

}  // namespace spindle
