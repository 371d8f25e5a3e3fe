#include "shard/recrawl.h"

#include "gtest/gtest.h"

namespace spindle {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

RecrawlObservation Seen(absl::Time fetched, UrlState state) {
  RecrawlObservation seen;
  seen.fetched = fetched;
  seen.state = state;
  return seen;
}

// A page fetched once, at kStart, with a known interval.
RecrawlHistory Known(absl::Duration interval) {
  RecrawlHistory history;
  history.interval = interval;
  history.due = kStart + interval;
  history.fetch_count = 1;
  return history;
}

TEST(RecrawlTest, FirstFetchTellsNothingAboutChange) {
  const RecrawlHistory history = Reschedule({}, {}, Seen(kStart, UrlState::kFetched));
  EXPECT_EQ(history.interval, 30 * kDay);
  EXPECT_EQ(history.due, kStart + 30 * kDay);
  EXPECT_EQ(history.fetch_count, 1u);
  EXPECT_EQ(history.change_count, 0u);
}

TEST(RecrawlTest, ChangeShrinksTheIntervalByAFifth) {
  const RecrawlHistory history =
      Reschedule({}, Known(10 * kDay), Seen(kStart + 10 * kDay, UrlState::kFetched));
  EXPECT_EQ(history.interval, 8 * kDay);
  EXPECT_EQ(history.due, kStart + 18 * kDay);
  EXPECT_EQ(history.fetch_count, 2u);
  EXPECT_EQ(history.change_count, 1u);
}

TEST(RecrawlTest, NoChangeGrowsTheIntervalByTwoFifths) {
  const RecrawlHistory history =
      Reschedule({}, Known(10 * kDay), Seen(kStart + 10 * kDay, UrlState::kUnchanged));
  EXPECT_EQ(history.interval, 14 * kDay);
  EXPECT_EQ(history.due, kStart + 24 * kDay);
  EXPECT_EQ(history.fetch_count, 2u);
  EXPECT_EQ(history.change_count, 0u);
}

TEST(RecrawlTest, IntervalsStayWithinTheirBounds) {
  RecrawlHistory fast = Known(absl::Minutes(70));
  RecrawlHistory slow = Known(300 * kDay);
  fast = Reschedule({}, fast, Seen(kStart, UrlState::kFetched));
  slow = Reschedule({}, slow, Seen(kStart, UrlState::kUnchanged));
  EXPECT_EQ(fast.due, kStart + absl::Hours(1));
  EXPECT_EQ(slow.due, kStart + 365 * kDay);
}

TEST(RecrawlTest, IntervalSettlesAroundTheRhythmOfThePage) {
  // A page that changes every ten days, looked at for three years.
  RecrawlHistory history = Reschedule({}, {}, Seen(kStart, UrlState::kFetched));
  absl::Time last = kStart;
  while (history.due < kStart + 3 * 365 * kDay) {
    const absl::Time now = history.due;
    const bool changed = (now - kStart) / (10 * kDay) != (last - kStart) / (10 * kDay);
    history =
        Reschedule({}, history, Seen(now, changed ? UrlState::kFetched : UrlState::kUnchanged));
    last = now;
  }
  EXPECT_GT(history.interval, 4 * kDay);
  EXPECT_LT(history.interval, 15 * kDay);
}

TEST(RecrawlTest, SameDigestOr304IsUnchanged) {
  EXPECT_TRUE(IsUnchanged(304, 7, 0));
  EXPECT_TRUE(IsUnchanged(200, 7, 7));
  EXPECT_FALSE(IsUnchanged(200, 7, 8));
  EXPECT_FALSE(IsUnchanged(200, 0, 0));
}

TEST(RecrawlTest, SyncAimsAtTheRhythmOfLastModified) {
  RecrawlOptions options;
  options.sync_delta = true;
  RecrawlObservation seen = Seen(kStart + 10 * kDay, UrlState::kUnchanged);
  seen.last_modified = kStart - 10 * kDay;
  const RecrawlHistory history = Reschedule(options, Known(10 * kDay), seen);
  // 14 days by growth, 20 by its age; earlier by three tenths of that.
  EXPECT_EQ(history.interval, 20 * kDay);
  EXPECT_EQ(history.due, seen.fetched + 14 * kDay);
}

TEST(RecrawlTest, SyncWithAnAncientPageNeverPutsItInThePast) {
  RecrawlOptions options;
  options.sync_delta = true;
  RecrawlObservation seen = Seen(kStart, UrlState::kUnchanged);
  seen.last_modified = absl::UnixEpoch();
  const RecrawlHistory history = Reschedule(options, Known(10 * kDay), seen);
  EXPECT_EQ(history.interval, 365 * kDay);
  EXPECT_EQ(history.due, kStart + 365 * kDay * 0.7);
  seen.last_modified = kStart + 10 * kDay;
  EXPECT_EQ(Reschedule(options, Known(10 * kDay), seen).interval, 14 * kDay);
}

TEST(RecrawlTest, LastModifiedIsIgnoredUnlessAskedFor) {
  RecrawlObservation seen = Seen(kStart, UrlState::kUnchanged);
  seen.last_modified = absl::UnixEpoch();
  EXPECT_EQ(Reschedule({}, Known(10 * kDay), seen).interval, 14 * kDay);
}

TEST(RecrawlTest, GonePagesAreAskedForLessAndLessOftenAndThenNeverAgain) {
  RecrawlHistory history = Known(10 * kDay);
  absl::Time now = kStart;
  for (const int days : {1, 2, 4, 8}) {
    history = Reschedule({}, history, Seen(now, UrlState::kGone));
    EXPECT_EQ(history.due, now + days * kDay);
    now = history.due;
  }
  history = Reschedule({}, history, Seen(now, UrlState::kGone));
  EXPECT_EQ(history.due, absl::InfiniteFuture());
}

TEST(RecrawlTest, VisitsThatFailedDoNotCountAsGone) {
  RecrawlHistory history = Known(10 * kDay);
  for (int i = 0; i < 4; ++i) history = Reschedule({}, history, Seen(kStart, UrlState::kFailed));
  history = Reschedule({}, history, Seen(kStart, UrlState::kGone));
  EXPECT_EQ(history.due, kStart + 16 * kDay);
  for (int i = 0; i < 3; ++i) history = Reschedule({}, history, Seen(kStart, UrlState::kGone));
  EXPECT_LT(history.due, absl::InfiniteFuture());
  history = Reschedule({}, history, Seen(kStart, UrlState::kGone));
  EXPECT_EQ(history.due, absl::InfiniteFuture());
}

TEST(RecrawlTest, GonePageThatComesBackKeepsItsRhythm) {
  RecrawlHistory history = Reschedule({}, Known(10 * kDay), Seen(kStart, UrlState::kGone));
  EXPECT_EQ(history.interval, 10 * kDay);
  history = Reschedule({}, history, Seen(history.due, UrlState::kFetched));
  EXPECT_EQ(history.interval, 8 * kDay);
  EXPECT_EQ(history.miss_count, 0);
}

TEST(RecrawlTest, FailedPagesAreNeverGivenUp) {
  RecrawlHistory history;
  for (int i = 0; i < 300; ++i) history = Reschedule({}, history, Seen(kStart, UrlState::kFailed));
  EXPECT_EQ(history.due, kStart + 365 * kDay);
}

TEST(RecrawlTest, RedirectsAreCheckedAfterTheLongestInterval) {
  const RecrawlHistory history =
      Reschedule({}, Known(10 * kDay), Seen(kStart, UrlState::kRedirected));
  EXPECT_EQ(history.due, kStart + 365 * kDay);
}

TEST(RecrawlTest, WhatWasNotFetchedIsNotDue) {
  for (const UrlState state : {UrlState::kExcluded, UrlState::kParked}) {
    EXPECT_EQ(Reschedule({}, Known(kDay), Seen(kStart, state)).due, absl::InfiniteFuture());
  }
}

TEST(RecrawlTest, SitemapsHintAtTheFirstInterval) {
  EXPECT_EQ(IntervalHint(ChangeFrequency::kNotSaid, 1.f), absl::ZeroDuration());
  EXPECT_EQ(IntervalHint(ChangeFrequency::kAlways, 0.5f), absl::Hours(1));
  EXPECT_EQ(IntervalHint(ChangeFrequency::kHourly, 0.5f), absl::Hours(1));
  EXPECT_EQ(IntervalHint(ChangeFrequency::kDaily, 0.5f), kDay);
  EXPECT_EQ(IntervalHint(ChangeFrequency::kWeekly, 1.f), 3.5 * kDay);
  EXPECT_EQ(IntervalHint(ChangeFrequency::kMonthly, 0.f), 60 * kDay);
  EXPECT_EQ(IntervalHint(ChangeFrequency::kYearly, 0.5f), 365 * kDay);
  EXPECT_EQ(IntervalHint(ChangeFrequency::kNever, 0.5f), 365 * kDay);
}

TEST(RecrawlTest, HintIsHeldWithinTheBounds) {
  RecrawlHistory history;
  history.interval = IntervalHint(ChangeFrequency::kNever, 0.f);
  EXPECT_EQ(Reschedule({}, history, Seen(kStart, UrlState::kFetched)).interval, 365 * kDay);
  history.interval = IntervalHint(ChangeFrequency::kAlways, 1.f);
  EXPECT_EQ(Reschedule({}, history, Seen(kStart, UrlState::kFetched)).interval, absl::Hours(1));
}

TEST(RecrawlTest, HintIsTheFirstIntervalAndThenWhatWasObservedCounts) {
  RecrawlHistory history;
  history.interval = 10 * kDay;
  history = Reschedule({}, history, Seen(kStart, UrlState::kFetched));
  EXPECT_EQ(history.due, kStart + 10 * kDay);
  history = Reschedule({}, history, Seen(history.due, UrlState::kUnchanged));
  EXPECT_EQ(history.interval, 14 * kDay);
}

TEST(RecrawlTest, NewerLastmodMakesAPageDueNow) {
  RecrawlHistory history = Known(10 * kDay);
  const absl::Time now = kStart + 2 * kDay;
  EXPECT_FALSE(NoteLastmod({}, kStart, kStart, now, &history));
  EXPECT_EQ(history.due, kStart + 10 * kDay);
  EXPECT_TRUE(NoteLastmod({}, kStart, kStart + kDay, now, &history));
  EXPECT_EQ(history.due, now);
}

TEST(RecrawlTest, LastmodNeverMakesAPageDueTooSoonOrFromTheFuture) {
  RecrawlHistory history = Known(10 * kDay);
  const absl::Time now = kStart + absl::Minutes(10);
  EXPECT_FALSE(NoteLastmod({}, kStart, now + absl::Seconds(1), now, &history));
  EXPECT_TRUE(NoteLastmod({}, kStart, now, now, &history));
  EXPECT_EQ(history.due, kStart + absl::Hours(1));
}

TEST(RecrawlTest, LastmodBringsBackWhatWasGivenUp) {
  RecrawlHistory history = Known(10 * kDay);
  history.due = absl::InfiniteFuture();
  history.miss_count = 5;
  EXPECT_TRUE(NoteLastmod({}, kStart, kStart + kDay, kStart + 2 * kDay, &history));
  EXPECT_EQ(history.due, kStart + 2 * kDay);
  EXPECT_EQ(history.miss_count, 0);
}

}  // namespace
}  // namespace spindle
