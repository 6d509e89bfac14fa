#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/error.hpp"
#include "ledger/clique.hpp"

namespace gridtally::ledger {
namespace {

using Pause = std::function<void(Membership&, std::size_t block)>;

void nothing(Membership&, std::size_t) {}

/// Name of the rule of Clique that the next block breaks; empty: it is taken.
std::string apply(const CliqueBlock& block, Membership& membership) {
  const std::uint64_t height = membership.height() + 1;
  const auto signer = membership.find(lettered_key(block.signer));
  if (!signer || !membership.is_active(*signer)) return "errUnauthorizedSigner";
  if (membership.signed_recently(*signer, height)) return "errRecentlySigned";
  if (block.voted != 0) membership.cast(*signer, lettered_key(block.voted), block.add);
  membership.close_block(height, *signer);
  const bool listed = block.checkpoint.empty() || block.checkpoint == letters_of(membership);
  return listed ? "" : "errMismatchingCheckpointSigners";
}

/// Runs one case; only its last block may break a rule. `pause` comes before every block.
void check(const CliqueCase& one, const Pause& pause) {
  SCOPED_TRACE(one.text);
  Membership membership = of_letters(one.signers, one.epoch);
  for (std::size_t i = 0; i < one.blocks.size(); ++i) {
    pause(membership, i);
    const bool last = i + 1 == one.blocks.size();
    ASSERT_EQ(apply(one.blocks[i], membership), last ? one.failure : "") << "block " << i + 1;
  }
  if (!one.failure.empty()) return;
  EXPECT_EQ(letters_of(membership), one.results);
}

/// Every published case under `pause`.
void check_all(const Pause& pause) {
  const auto folder = vectors_folder("eip225-clique");
  if (folder.empty()) return report_no_vectors("eip225-clique");
  const std::vector<CliqueCase> cases = read_clique_cases(folder);
  EXPECT_EQ(cases.size(), 23U);
  for (const CliqueCase& one : cases) check(one, pause);
}

/// About anyone of A … G; rather in than out.
CliqueBlock random_vote(char signer, std::mt19937_64& random) {
  const auto voted = static_cast<char>('A' + random() % 7);
  return {signer, voted, random() % 5 < 3, ""};
}

/// A block of a random eligible proposer, with up to three votes of random validators.
void random_block(Membership& membership, std::mt19937_64& random) {
  const std::uint64_t height = membership.height() + 1;
  const std::uint32_t proposer =
      membership.proposer(height, static_cast<std::uint32_t>(random() % 3));
  for (std::uint64_t votes = random() % 4; votes > 0; --votes) {
    const CliqueBlock vote = random_vote('A', random);
    const auto voter = static_cast<std::uint32_t>(random() % membership.known().size());
    if (membership.active().size() > 1) membership.cast(voter, lettered_key(vote.voted), vote.add);
  }
  membership.close_block(height, proposer);
}

TEST(Membership, PassesEveryCaseOfClique) { check_all(nothing); }

TEST(Membership, PassesEveryCaseOfCliqueRestartedBetweenBlocks) {
  check_all([](Membership& membership, std::size_t) { membership = restarted(membership); });
}

/// The 24th case: recent signatures survive a restart at a checkpoint, too.
TEST(Membership, RecentProposersSurviveARestart) {
  const auto folder = vectors_folder("eip225-clique");
  if (folder.empty()) return report_no_vectors("eip225-clique");
  const CliqueCase one = read_clique_cases(folder).at(22);
  ASSERT_EQ(one.failure, "errRecentlySigned");
  const std::size_t last = one.blocks.size() - 1;
  check(one, [&](Membership& membership, std::size_t block) {
    if (block == last) membership = restarted(membership);
  });
}

TEST(Membership, AgreesWithSlowCliqueOnRandomVotes) {
  std::size_t changes = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Membership membership = of_letters("ABCD");
    SlowClique slow("ABCD");
    for (int block = 0; block < 400 && !membership.active().empty(); ++block) {
      const CliqueBlock next = random_vote(static_cast<char>('A' + random() % 7), random);
      const std::string before = slow.members();
      ASSERT_EQ(apply(next, membership), slow.apply(next)) << "block " << block;
      ASSERT_EQ(letters_of(membership), slow.members()) << "block " << block;
      changes += before == slow.members() ? 0 : 1;
    }
  }
  EXPECT_GT(changes, 1000U);
}

TEST(Membership, PlainRoundRobinInACleanRun) {
  for (std::uint32_t members = 1; members <= 9; ++members) {
    Membership membership = of_letters(std::string("ABCDEFGHI").substr(0, members));
    for (std::uint64_t height = 1; height <= 100; ++height) {
      ASSERT_EQ(membership.proposer(height, 0), height % members) << members << " members";
      membership.close_block(height, membership.proposer(height, 0));
    }
  }
}

TEST(Membership, EveryHeightHasMoreProposersThanFaulty) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    Membership membership = of_letters(std::string("ABCDEFGHI").substr(0, 1 + seed % 9), 20);
    for (std::uint64_t height = 1; height <= 100; ++height) {
      std::set<std::uint32_t> proposers;
      for (std::uint32_t round = 0; round < membership.active().size(); ++round) {
        proposers.insert(membership.proposer(height, round));
      }
      ASSERT_GT(proposers.size(), membership.tolerated()) << "seed " << seed << ", " << height;
      for (const std::uint32_t proposer : proposers) {
        ASSERT_TRUE(membership.is_active(proposer));
        ASSERT_FALSE(membership.signed_recently(proposer, height));
      }
      random_block(membership, random);
    }
  }
}

/// Four members, a window of two: validator 2 stood in for a silent 1 and does not come again.
TEST(Membership, ProposerWhoStoodInIsPassedOver) {
  Membership membership = of_letters("ABCD");
  EXPECT_EQ(membership.proposer(1, 1), 2U);
  membership.close_block(1, 2);
  EXPECT_TRUE(membership.signed_recently(2, 2));
  EXPECT_EQ(membership.proposer(2, 0), 3U);
  EXPECT_EQ(membership.proposer(2, 3), 3U) << "three are eligible: 3, 0, 1, and 3 again";
  membership.close_block(2, 3);
  EXPECT_TRUE(membership.signed_recently(2, 3));
  EXPECT_FALSE(membership.signed_recently(2, 4)) << "block 3 is nobody's yet";
  membership.close_block(3, 0);
  EXPECT_FALSE(membership.signed_recently(2, 4));
}

TEST(Membership, VoteOfANonMemberIgnored) {
  Membership membership = of_letters("AB");
  membership.cast(0, lettered_key('B'), false);
  membership.cast(1, lettered_key('B'), false);
  const Membership before = membership;
  membership.cast(1, lettered_key('A'), false);
  membership.cast(7, lettered_key('C'), true);
  EXPECT_EQ(membership, before);
  EXPECT_EQ(letters_of(membership), "A");
}

TEST(Membership, AddedAgainKeepsItsNumber) {
  Membership membership = of_letters("A");
  membership.cast(0, lettered_key('B'), true);
  membership.cast(0, lettered_key('C'), true);
  membership.cast(1, lettered_key('C'), true);
  EXPECT_EQ(membership.find(lettered_key('C')), 2U);
  membership.cast(0, lettered_key('B'), false);
  membership.cast(2, lettered_key('B'), false);
  EXPECT_EQ(membership.active(), (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(membership.find(lettered_key('B')), 1U);
  membership.cast(0, lettered_key('B'), true);
  membership.cast(2, lettered_key('B'), true);
  EXPECT_EQ(membership.active(), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(membership.known().size(), 3U);
}

TEST(Membership, VotesLapseWithTheEpochsLastBlock) {
  Membership membership = of_letters("AB", 2);
  membership.cast(0, lettered_key('C'), true);
  membership.close_block(1, 1);
  EXPECT_EQ(membership.pending().size(), 1U);
  membership.cast(0, lettered_key('D'), true);
  membership.close_block(2, 0);
  EXPECT_TRUE(membership.pending().empty());
}

TEST(Membership, LastMemberMayLeaveAndNobodyProposes) {
  Membership membership = of_letters("A");
  membership.cast(0, lettered_key('A'), false);
  membership.close_block(1, 0);
  EXPECT_TRUE(membership.active().empty());
  EXPECT_THROW(static_cast<void>(membership.proposer(2, 0)), Error);
  EXPECT_THROW(static_cast<void>(membership.quorum()), Error);
  EXPECT_THROW(static_cast<void>(membership.tolerated()), Error);
  EXPECT_EQ(restarted(membership), membership);
}

TEST(Membership, QuorumAndTolerance) {
  const std::vector<std::array<std::uint32_t, 3>> table{{1, 1, 0}, {2, 2, 0}, {3, 3, 0}, {4, 3, 1},
                                                        {5, 4, 1}, {6, 5, 1}, {7, 5, 2}};
  for (const auto& [members, quorum, tolerated] : table) {
    const Membership membership = of_letters(std::string("ABCDEFG").substr(0, members));
    EXPECT_EQ(membership.quorum(), quorum) << members;
    EXPECT_EQ(membership.tolerated(), tolerated) << members;
  }
}

TEST(Membership, BlocksCloseInOrder) {
  Membership membership = of_letters("AB");
  EXPECT_THROW(membership.close_block(2, 0), Error);
  EXPECT_THROW(membership.close_block(1, 2), Error);
  membership.close_block(1, 1);
  EXPECT_THROW(membership.close_block(1, 0), Error);
  EXPECT_THROW(static_cast<void>(membership.proposer(1, 0)), Error);
  EXPECT_THROW(static_cast<void>(membership.signed_recently(0, 1)), Error);
}

TEST(Membership, TwiceTheSameKeyOrNoEpochRefused) {
  EXPECT_THROW(of_letters("ABA"), Error);
  EXPECT_THROW(of_letters("AB", 0), Error);
}

TEST(Membership, RoundTripAfterEveryRandomBlock) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    Membership membership = of_letters("ABCDE", 50);
    for (int block = 0; block < 100; ++block) {
      ASSERT_EQ(restarted(membership), membership) << "seed " << seed << ", block " << block;
      random_block(membership, random);
    }
  }
}

}  // namespace
}  // namespace gridtally::ledger
