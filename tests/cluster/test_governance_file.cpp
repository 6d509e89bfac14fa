#include <gtest/gtest.h>

#include "base/error.hpp"
#include "cluster/governance_file.hpp"
#include "plan_file.hpp"

namespace gridtally::cluster {
namespace {

using testing::PlanFile;

const std::string key(64, 'a');

std::vector<GovernanceVote> votes_of(const std::string& text) {
  return read_governance_file(PlanFile(text).path());
}

/// What follows "plan.txt:" in each message.
std::vector<std::string> faults_of(const std::string& text) {
  std::vector<std::string> faults;
  try {
    votes_of(text);
  } catch (const InputError& error) {
    for (const auto& fault : error.faults()) {
      faults.push_back(fault.substr(fault.find("plan.txt:") + 9));
    }
  }
  return faults;
}

TEST(GovernanceFile, EverySentenceInOrder) {
  const auto votes = votes_of(
      "# a fifth validator\n\nvalidator 0 votes to add validator-4 at height 10 # by name\n"
      "validator 1 votes to remove 3 at 12\nvalidator 2 votes to add " +
      key +
      " at height 11\n"
      "\tvalidator 2 votes  to remove " +
      std::string(64, 'A') + " at height 9\r\n");
  const std::vector<GovernanceVote> expected{
      {0, true, "validator-4", 10}, {1, false, "3", 12}, {2, true, key, 11}, {2, false, key, 9}};
  EXPECT_EQ(votes, expected);
}

TEST(GovernanceFile, FileWithoutASentenceIsEmpty) {
  EXPECT_TRUE(votes_of("# nobody votes\n").empty());
}

TEST(GovernanceFile, TextReadsBack) {
  for (const auto& vote : {GovernanceVote{0, true, "validator-4", 10},
                           GovernanceVote{7, false, "3", 1}, GovernanceVote{1, true, key, 5}}) {
    EXPECT_EQ(votes_of(to_text(vote)), std::vector{vote});
  }
}

TEST(GovernanceFile, BadLinesNamedWithPlaceValueAndRemedy) {
  const std::pair<std::string, std::string> table[] = {
      {"meter 1 votes to add validator-4 at 1", "the word \"validator\", found \"meter\""},
      {"validator x votes", "a validator's number (0 to 4294967294), found \"x\""},
      {"validator 1 vote to add 3 at 4", "the word \"votes\", found \"vote\""},
      {"validator 1 votes to keep 3 at 4", "\"add\" or \"remove\", found \"keep\""},
      {"validator 1 votes to add 3 at 4",
       "a key's name (validator-4) or 64 hex digits of a public "
       "key, found \"3\""},
      {"validator 1 votes to add validator-04 at 4", "a key's name (validator-4)"},
      {"validator 1 votes to add ../validator-4 at 4", "a key's name (validator-4)"},
      {"validator 1 votes to remove validator-03 at 4",
       "a member's number, a key's name or 64 hex digits of a public key, found \"validator-03\""},
      {"validator 1 votes to remove abcd at 4", "a member's number, a key's name or 64 hex digits"},
      {"validator 1 votes to remove",
       "a member's number, a key's name or 64 hex digits of a public key, found "
       "the end of the line"},
      {"validator 1 votes to remove 3 in 4", "the word \"at\", found \"in\""},
      {"validator 1 votes to remove 3 at 0", "a height (1 to 9223372036854775807), found \"0\""},
      {"validator 1 votes to remove 3 at 4 5", "the end of the line, found \"5\""}};
  for (const auto& [line, message] : table) {
    const auto faults = faults_of("\n" + line + "\n");
    ASSERT_EQ(faults.size(), 1U) << line;
    const std::string expected = "2: \"" + line + "\": expected " + message;
    EXPECT_EQ(faults[0].substr(0, expected.size()), expected);
    EXPECT_NE(faults[0].find("; lines are \"validator V votes to add"), std::string::npos);
  }
}

TEST(GovernanceFile, SecondVoteOnACandidateAtAHeightNamesTheFirst) {
  const std::string add = "validator 1 votes to add " + key + " at height 4";
  const std::string remove = "validator 1 votes to remove " + key + " at height 4";
  EXPECT_NE(faults_of(add + "\n" + add).at(0).find("says again what line 1 says"),
            std::string::npos);
  EXPECT_NE(faults_of(add + "\n" + remove).at(0).find("contradicts line 1, \"validator 1 votes"),
            std::string::npos);
  EXPECT_TRUE(faults_of(add + "\nvalidator 1 votes to remove " + key + " at height 5").empty());
}

TEST(GovernanceFile, AbsentFileRefused) {
  EXPECT_THROW(read_governance_file("/no/such/file"), InputError);
}

TEST(GovernanceFile, SpoiledFilesAreReadOrRefusedNothingElse) {
  const std::string good =
      "validator 0 votes to add validator-4 at height 10\n"
      "validator 1 votes to remove 3 at height 12 # out\n"
      "validator 2 votes to add " +
      key + " at height 11\n";
  const PlanFile file(good);
  std::mt19937 random(2);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    file.write(testing::mutated(good, random));
    try {
      const auto votes = read_governance_file(file.path());
      std::string text;
      for (const auto& vote : votes) text += to_text(vote) + "\n";
      file.write(text);
      EXPECT_EQ(read_governance_file(file.path()), votes);
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 3000);
}

}  // namespace
}  // namespace gridtally::cluster
