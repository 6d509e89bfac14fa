// On any number of ranks. Collectives come first, expectations after them: a rank that stopped
// early would leave the others waiting.
#include <gtest/gtest.h>

#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include "cluster/network.hpp"
#include "cluster/post.hpp"

namespace gridtally::cluster {
namespace {

using Received = std::vector<std::vector<ledger::Bytes>>;  ///< by sender

// A post needs a communicator that no post had before.
class Everyone {
 public:
  Everyone() { MPI_Comm_dup(MPI_COMM_WORLD, &comm_); }
  ~Everyone() { MPI_Comm_free(&comm_); }
  Everyone(const Everyone&) = delete;
  Everyone& operator=(const Everyone&) = delete;
  [[nodiscard]] MPI_Comm comm() const { return comm_; }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

Post::Contents letter(std::size_t size, int mark) {
  return std::make_shared<const ledger::Bytes>(size, static_cast<std::uint8_t>(mark));
}

// Receives until so many letters of each other rank are here.
Received receive(Post& post, std::size_t of_each) {
  Received received(static_cast<std::size_t>(post.ranks()));
  std::size_t missing = of_each * static_cast<std::size_t>(post.ranks() - 1);
  const auto forever = std::chrono::steady_clock::time_point::max();
  while (missing > 0) {
    auto next = post.receive();
    if (!next) {
      post.rest(forever);
      continue;
    }
    post.stir();
    received[static_cast<std::size_t>(next->from)].push_back(std::move(next->bytes));
    --missing;
  }
  return received;
}

void send_to_others(Post& post, const Post::Contents& contents) {
  for (int to = 0; to < post.ranks(); ++to) {
    if (to != post.rank()) post.send(to, contents);
  }
}

Received one_letter_each(Post& post, std::size_t size) {
  send_to_others(post, letter(size, post.rank()));
  return receive(post, 1);
}

void expect_one_of_each(const Received& received, int own_rank, std::size_t size) {
  for (int from = 0; from < static_cast<int>(received.size()); ++from) {
    const auto& letters = received[static_cast<std::size_t>(from)];
    const std::vector<ledger::Bytes> expected(from == own_rank ? 0 : 1, *letter(size, from));
    EXPECT_EQ(letters, expected) << "from rank " << from;
  }
}

TEST(Post, LettersOfOneSenderArriveInOrder) {
  const Everyone everyone;
  Post post(everyone.comm());
  constexpr std::size_t count = 500;  // more than may be under way
  for (std::size_t i = 0; i < count; ++i) {
    send_to_others(post, letter(1 + (i * 37) % 9000, static_cast<int>(i)));
  }
  const auto received = receive(post, count);
  post.close();
  for (int from = 0; from < post.ranks(); ++from) {
    if (from == post.rank()) continue;
    const auto& letters = received[static_cast<std::size_t>(from)];
    for (std::size_t i = 0; i < letters.size(); ++i) {
      ASSERT_EQ(letters[i], *letter(1 + (i * 37) % 9000, static_cast<int>(i)))
          << "letter " << i << " from rank " << from;
    }
  }
}

TEST(Post, LargeLettersArriveWhole) {
  const Everyone everyone;
  Post post(everyone.comm());
  constexpr std::size_t size = 20U << 20U;
  const auto received = one_letter_each(post, size);
  post.close();
  expect_one_of_each(received, post.rank(), size);
}

TEST(Post, EmptyLettersArrive) {
  const Everyone everyone;
  Post post(everyone.comm());
  const auto received = one_letter_each(post, 0);
  post.close();
  expect_one_of_each(received, post.rank(), 0);
}

TEST(Post, ASmallLetterDoesNotOvertakeALargeOne) {
  const Everyone everyone;
  Post post(everyone.comm());
  send_to_others(post, letter(8U << 20U, 1));
  send_to_others(post, letter(1, 2));
  const auto received = receive(post, 2);
  post.close();
  for (const auto& letters : received) {
    if (!letters.empty()) {
      EXPECT_EQ(letters.back().size(), 1U);
    }
  }
}

// Everyone but the sleeper hears everyone but the sleeper while it sleeps.
TEST(Post, AReceiverThatSleepsHoldsNobodyUp) {
  const Everyone everyone;
  Post post(everyone.comm());
  const int sleeper = post.ranks() - 1;
  std::size_t before = 0;
  send_to_others(post, letter(3U << 20U, post.rank()));
  if (post.rank() == sleeper) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    before = receive(post, 1).size();
  } else {
    const auto others = static_cast<std::size_t>(std::max(0, post.ranks() - 2));
    std::size_t heard = 0;
    while (heard < others) {
      const auto next = post.receive();
      if (next && next->from != sleeper) ++heard;
    }
    before = heard;
  }
  post.close();
  EXPECT_EQ(before, post.rank() == sleeper
                        ? static_cast<std::size_t>(post.ranks())
                        : static_cast<std::size_t>(std::max(0, post.ranks() - 2)));
}

TEST(Post, CloseLetsUnreadLettersGo) {
  const Everyone everyone;
  Post post(everyone.comm());
  for (int i = 0; i < 100; ++i) send_to_others(post, letter(100'000, i));
  post.close();
  SUCCEED();
}

// The one post of the communicator that Network has too, as in a run.
TEST(Post, LettersAndWhatIsSharedDoNotMix) {
  constexpr std::size_t count = 5;
  Post post(MPI_COMM_WORLD);
  const Network network;
  const ledger::Bytes shared{7, 7};
  for (std::size_t i = 0; i < count; ++i) send_to_others(post, letter(1, post.rank()));
  const auto first = network.share({shared});
  while (!post.everyone_is_here()) std::this_thread::yield();
  const auto second = network.share({shared});
  const auto received = receive(post, count);
  post.close();
  const Letters expected(static_cast<std::size_t>(post.ranks()), shared);
  EXPECT_EQ(first, expected);
  EXPECT_EQ(second, expected);
  for (int from = 0; from < post.ranks(); ++from) {
    const auto& letters = received[static_cast<std::size_t>(from)];
    EXPECT_EQ(letters.size(), from == post.rank() ? 0 : count);
    for (const auto& each : letters) EXPECT_EQ(each, *letter(1, from));
  }
}

// Ranks of the same parity have a post of their own, numbered from 0.
TEST(Post, ServesTheRanksThatItWasGiven) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm half = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  int own = 0;
  {
    Post post(half);
    own = post.rank();
    const auto received = one_letter_each(post, 10);
    post.close();
    expect_one_of_each(received, post.rank(), 10);
  }
  MPI_Comm_free(&half);
  EXPECT_EQ(own, rank / 2);
}

TEST(Post, EveryoneIsHereOnlyWhenAllHaveSaidSo) {
  const Everyone everyone;
  Post post(everyone.comm());
  const auto forever = std::chrono::steady_clock::time_point::max();
  while (!post.everyone_is_here()) post.rest(forever);
  const auto received = one_letter_each(post, 1);
  post.close();
  expect_one_of_each(received, post.rank(), 1);
}

}  // namespace
}  // namespace gridtally::cluster
