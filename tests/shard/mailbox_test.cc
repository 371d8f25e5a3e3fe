#include "shard/mailbox.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace spindle {
namespace {

TEST(MailboxTest, GivesMessagesInOrderAndOnce) {
  Mailbox<int> mailbox([] {});
  mailbox.Send(1);
  mailbox.Send(2);
  EXPECT_EQ(mailbox.Take(), (std::vector<int>{1, 2}));
  EXPECT_TRUE(mailbox.Take().empty());
}

TEST(MailboxTest, WakesItsOwnerOnceARound) {
  int wakes = 0;
  Mailbox<int> mailbox([&] { ++wakes; });
  mailbox.Send(1);
  mailbox.Send(2);
  EXPECT_EQ(wakes, 1);
  mailbox.Take();
  mailbox.Send(3);
  EXPECT_EQ(wakes, 2);
}

TEST(MailboxTest, LosesNothingOfManySenders) {
  Mailbox<int> mailbox([] {});
  std::vector<std::thread> senders;
  for (int sender = 0; sender < 4; ++sender) {
    senders.emplace_back([&mailbox] {
      for (int i = 0; i < 1000; ++i) mailbox.Send(i);
    });
  }
  size_t taken = 0;
  while (taken < 4000) taken += mailbox.Take().size();
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(taken, 4000u);
  EXPECT_TRUE(mailbox.Take().empty());
}

}  // namespace
}  // namespace spindle
