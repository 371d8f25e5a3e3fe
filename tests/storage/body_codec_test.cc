#include "storage/body_codec.h"

#include <random>
#include <thread>

#include "gtest/gtest.h"

namespace spindle {
namespace {

std::string Noise(size_t bytes) {
  std::mt19937_64 random(1);
  std::string noise(bytes, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

TEST(BodyCodecTest, PlainBodiesAreCompressed) {
  const std::string body(60000, 'a');
  const EncodedBody encoded = EncodeBody(body, false);
  EXPECT_EQ(encoded.codec, BodyCodec::kZstd);
  EXPECT_LT(encoded.bytes.size(), body.size() / 100);
  EXPECT_EQ(*DecodeBody(encoded.bytes, encoded.codec, body.size()), body);
}

TEST(BodyCodecTest, CodedBodiesStayAsReceived) {
  const std::string body(60000, 'a');
  const EncodedBody encoded = EncodeBody(body, true);
  EXPECT_EQ(encoded.codec, BodyCodec::kAsReceived);
  EXPECT_EQ(encoded.bytes, body);
  EXPECT_EQ(*DecodeBody(encoded.bytes, encoded.codec, body.size()), body);
}

TEST(BodyCodecTest, WhatGainsNothingStaysAsReceived) {
  for (const std::string& body : {std::string(), std::string("short"), Noise(60000)}) {
    const EncodedBody encoded = EncodeBody(body, false);
    EXPECT_EQ(encoded.codec, BodyCodec::kAsReceived);
    EXPECT_EQ(encoded.bytes, body);
  }
}

TEST(BodyCodecTest, EveryThreadHasItsOwnContexts) {
  const auto work = [](char c) {
    for (int i = 0; i < 100; ++i) {
      const std::string body(10000 + i, c);
      const EncodedBody encoded = EncodeBody(body, false);
      EXPECT_EQ(*DecodeBody(encoded.bytes, encoded.codec, body.size()), body);
    }
  };
  std::thread first(work, 'a'), second(work, 'b');
  first.join();
  second.join();
}

TEST(BodyCodecTest, AnotherSizeThanThePageSaysIsDataLoss) {
  const std::string body(1000, 'a');
  const EncodedBody encoded = EncodeBody(body, false);
  for (const uint64_t size : {uint64_t{0}, uint64_t{999}, uint64_t{1001}, UINT64_MAX}) {
    EXPECT_EQ(DecodeBody(encoded.bytes, BodyCodec::kZstd, size).status().code(),
              absl::StatusCode::kDataLoss);
    EXPECT_EQ(DecodeBody(body, BodyCodec::kAsReceived, size).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(BodyCodecTest, DamagedFramesAreDataLossOrBytes) {
  const std::string body = "a page with words and words and words " + Noise(100);
  const std::string whole = body + body + body;
  const EncodedBody encoded = EncodeBody(whole, false);
  ASSERT_EQ(encoded.codec, BodyCodec::kZstd);
  for (size_t cut = 0; cut < encoded.bytes.size(); ++cut) {
    EXPECT_FALSE(DecodeBody(encoded.bytes.substr(0, cut), encoded.codec, whole.size()).ok());
  }
  std::mt19937_64 random(2);
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = encoded.bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto decoded = DecodeBody(damaged, encoded.codec, whole.size());
    if (decoded.ok()) {
      EXPECT_EQ(decoded->size(), whole.size());
    }
  }
}

TEST(BodyCodecTest, DigestIsNeverZeroAndTellsBodiesApart) {
  EXPECT_NE(BodyDigest(""), 0);
  EXPECT_EQ(BodyDigest("a"), BodyDigest("a"));
  EXPECT_NE(BodyDigest("a"), BodyDigest("b"));
}

}  // namespace
}  // namespace spindle
