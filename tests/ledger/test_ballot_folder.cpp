#include <gtest/gtest.h>

#include <fstream>

#include "base/test_folder.hpp"
#include "ledger/ballot_folder.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::ledger {
namespace {

class BallotFolderTest : public testing::Test {
 protected:
  static Ballot ballot(std::uint64_t nonce) {
    return sign_ballot({Digest{5}, 2, test_key(9).public_key(), true, 0, nonce, {}}, test_key(2));
  }
  /// A look that comes late enough to be taken.
  std::vector<Ballot> look() {
    now_ += std::chrono::seconds(1);
    return folder_.take_new(now_);
  }

  TestFolder above_;
  std::filesystem::path path_ = above_ / "ballots";
  BallotFolder folder_{path_};
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

TEST_F(BallotFolderTest, AbsentFolderHoldsNothing) { EXPECT_TRUE(look().empty()); }

TEST_F(BallotFolderTest, EachBallotIsTakenOnce) {
  leave_ballot(path_, ballot(7));
  EXPECT_EQ(look(), std::vector{ballot(7)});
  EXPECT_TRUE(look().empty());
  leave_ballot(path_, ballot(8));
  EXPECT_EQ(look(), std::vector{ballot(8)});
}

TEST_F(BallotFolderTest, WhatIsNoBallotIsPassedOver) {
  leave_ballot(path_, ballot(7));
  std::ofstream(path_ / "torn.ballot") << "gridtally";
  std::ofstream(path_ / "long.ballot") << std::string(1 << 20, 'x');
  std::ofstream(path_ / "notes.txt") << "nothing";
  EXPECT_EQ(look(), std::vector{ballot(7)});
}

TEST_F(BallotFolderTest, LiesBesideTheArchive) {
  EXPECT_EQ(ballot_folder_of("results/run"), "results/run.ballots");
  EXPECT_EQ(ballot_folder_of("results/run/"), "results/run.ballots");
}

}  // namespace
}  // namespace gridtally::ledger
