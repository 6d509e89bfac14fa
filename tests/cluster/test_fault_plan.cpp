#include <gtest/gtest.h>

#include "base/error.hpp"
#include "cluster/fault_plan.hpp"
#include "plan_file.hpp"

namespace gridtally::cluster {
namespace {

using namespace std::chrono_literals;
using testing::PlanFile;

FaultPlan plan_of(const std::string& text) { return read_fault_plan(PlanFile(text).path()); }

std::string text_of(const std::vector<PlannedFault>& faults) {
  std::string text;
  for (const auto& fault : faults) text += to_text(fault) + "\n";
  return text;
}

/// What follows "plan.txt:" in each message.
std::vector<std::string> faults_of(const std::string& text) {
  std::vector<std::string> faults;
  try {
    plan_of(text);
  } catch (const InputError& error) {
    for (const auto& fault : error.faults()) {
      faults.push_back(fault.substr(fault.find("plan.txt:") + 9));
    }
  }
  return faults;
}

TEST(FaultPlan, EverySentenceAndItsAnswers) {
  const FaultPlan plan = plan_of(
      "# a day of trouble\n\n"
      "validator 2 silent from height 40 to 60  # twenty-one heights\n"
      "validator 2 silent from 100\n"
      "validator 1 equivocates at height 12\n"
      "  validator\t1  equivocates at 13\r\n"
      "validator 3 reports a wrong state root at height 30\n"
      "meter 5 signs with a foreign key at iteration 7\n"
      "meter 6 is impersonated at iteration 3\n"
      "meter 2 stalls 3 s at iteration 9\n"
      "meter 2 stalls 250 ms at iteration 9 of day 2\n"
      "meter 4 lags 2 iterations");
  EXPECT_FALSE(plan.empty());
  EXPECT_FALSE(plan.silent(2, 39));
  EXPECT_TRUE(plan.silent(2, 40));
  EXPECT_TRUE(plan.silent(2, 60));
  EXPECT_FALSE(plan.silent(2, 61));
  EXPECT_TRUE(plan.silent(2, 1'000'000));
  EXPECT_FALSE(plan.silent(1, 50));
  EXPECT_TRUE(plan.equivocates(1, 12));
  EXPECT_TRUE(plan.equivocates(1, 13));
  EXPECT_FALSE(plan.equivocates(1, 14));
  EXPECT_FALSE(plan.equivocates(2, 12));
  EXPECT_TRUE(plan.wrong_root(3, 30));
  EXPECT_FALSE(plan.wrong_root(3, 31));
  EXPECT_TRUE(plan.foreign_key(5, 0, 7));
  EXPECT_FALSE(plan.foreign_key(5, 1, 7));
  EXPECT_TRUE(plan.impersonated(6, 0, 3));
  EXPECT_FALSE(plan.impersonated(5, 0, 3));
  EXPECT_EQ(plan.stall(2, 0, 9), 3s);
  EXPECT_EQ(plan.stall(2, 2, 9), 250ms);
  EXPECT_EQ(plan.stall(2, 1, 9), 0ms);
  EXPECT_EQ(plan.lag(4), 2U);
  EXPECT_EQ(plan.lag(5), 0U);
}

TEST(FaultPlan, FileWithoutASentenceIsEmpty) {
  EXPECT_TRUE(plan_of("").empty());
  EXPECT_TRUE(plan_of("# nothing\n \n").empty());
}

TEST(FaultPlan, TextReadsBack) {
  const std::vector<std::string> sentences{
      "validator 2 silent from height 40 to 60",
      "validator 2 silent from height 100",
      "validator 1 equivocates at height 12",
      "validator 3 reports a wrong state root at height 30",
      "meter 5 signs with a foreign key at iteration 7 of day 0",
      "meter 3 is impersonated at iteration 6 of day 1",
      "meter 2 stalls 3 s at iteration 9 of day 2",
      "meter 2 stalls 1500 ms at iteration 9 of day 3",
      "meter 4 lags 1 iteration",
      "meter 6 lags 2 iterations"};
  std::string text;
  for (const auto& sentence : sentences) text += sentence + "\n";
  const auto all = plan_of(text).all();
  ASSERT_EQ(all.size(), sentences.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(to_text(all[i]), sentences[i]);
}

/// One bad line and the beginning of its message.
struct Bad {
  friend void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.line; }
  const char* line;
  const char* message;
};

class BadLine : public ::testing::TestWithParam<Bad> {};

TEST_P(BadLine, NamedWithPlaceValueAndRemedy) {
  const Bad& bad = GetParam();
  const auto faults = faults_of(std::string("\n# no fault here\n") + bad.line + "\n");
  ASSERT_EQ(faults.size(), 1U);
  const std::string expected = std::string("3: \"") + bad.line + "\": expected " + bad.message;
  EXPECT_EQ(faults[0].substr(0, expected.size()), expected);
  EXPECT_NE(faults[0].find("; lines are \"validator V silent"), std::string::npos) << faults[0];
}

const Bad bad_table[] = {
    {"validator two silent", "a validator's number (0 to 4294967294), found \"two\""},
    {"validator -1 silent", "a validator's number (0 to 4294967294), found \"-1\""},
    {"validator 4294967295 silent", "a validator's number (0 to 4294967294), found \"4294967295\""},
    {"Validator 1 equivocates at 2", "\"validator\" or \"meter\", found \"Validator\""},
    {"validator", "a validator's number (0 to 4294967294), found the end of the line"},
    {"validator 1 sleeps", "\"silent\", \"equivocates\" or \"reports\", found \"sleeps\""},
    {"validator 1 silent at 3", "the word \"from\", found \"at\""},
    {"validator 1 silent from 0", "a height (1 to 9223372036854775807), found \"0\""},
    {"validator 1 silent from 5 to 4", "a height (5 to 9223372036854775807), found \"4\""},
    {"validator 1 silent from 5 to", "a height (5 to 9223372036854775807), found the end"},
    {"validator 1 silent from 5 6", "the end of the line, found \"6\""},
    {"validator 1 equivocates at 1.5", "a height (1 to 9223372036854775807), found \"1.5\""},
    {"validator 1 equivocates at 99999999999999999999", "a height (1 to 9223372036854775807), "},
    {"validator 1 reports a state root", "the word \"wrong\", found \"state\""},
    {"meter 1 sings", "\"signs\", \"is\", \"stalls\" or \"lags\", found \"sings\""},
    {"meter 1 is late", "the word \"impersonated\", found \"late\""},
    {"meter 1 signs with a foreign key at iteration 0",
     "an iteration (1 to 10000000), found \"0\""},
    {"meter 1 signs with a foreign key at iteration 1 of day 9999", "a day (0 to 3659), found"},
    {"meter 1 stalls 3s at iteration 9", "a duration (1 to 86400000), found \"3s\""},
    {"meter 1 stalls 3 h at iteration 9", "the word \"s\", found \"h\""},
    {"meter 1 stalls 86401 s at iteration 9", "at most a day: 86400 s, found \"at\""},
    {"meter 1 lags 0 iterations", "how many iterations (1 to 1000), found \"0\""},
    {"meter 1 lags 2", "the word \"iterations\", found the end of the line"},
};

INSTANTIATE_TEST_SUITE_P(FaultPlan, BadLine, ::testing::ValuesIn(bad_table));

TEST(FaultPlan, EveryBadLineIsNamedAtOnce) {
  const auto faults = faults_of("one\nmeter 1 lags 2 iterations\nmeter x\n");
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].substr(0, 3), "1: ");
  EXPECT_EQ(faults[1].substr(0, 3), "3: ");
}

TEST(FaultPlan, RepetitionNamesTheEarlierLine) {
  const auto faults =
      faults_of("validator 1 equivocates at 2\nvalidator 1 equivocates at height 2\n");
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0],
            "2: \"validator 1 equivocates at height 2\" says again what line 1 says; remove one");
}

TEST(FaultPlan, ContradictionNamesBothLines) {
  const std::pair<const char*, const char*> pairs[] = {
      {"validator 1 silent from height 3 to 5", "validator 1 silent from height 5"},
      {"validator 1 silent from height 3 to 5", "validator 1 equivocates at height 4"},
      {"validator 1 reports a wrong state root at height 3", "validator 1 silent from height 3"},
      {"meter 1 stalls 2 s at iteration 3 of day 0", "meter 1 stalls 5 ms at iteration 3 of day 0"},
      {"meter 1 lags 2 iterations", "meter 1 lags 3 iterations"}};
  for (const auto& [one, two] : pairs) {
    const auto faults = faults_of(std::string(one) + "\n" + two + "\n");
    ASSERT_EQ(faults.size(), 1U) << two;
    EXPECT_EQ(faults[0],
              std::string("2: \"") + two + "\" contradicts line 1, \"" + one + "\"; keep one");
  }
  EXPECT_NO_THROW(
      plan_of("validator 1 silent from 3 to 5\nvalidator 1 equivocates at 6\n"
              "validator 2 equivocates at 4\nvalidator 1 silent from 7"));
}

TEST(FaultPlan, AbsentOrOversizedFileRefused) {
  EXPECT_THROW(read_fault_plan("/no/such/file"), InputError);
  EXPECT_THROW(read_fault_plan(std::filesystem::temp_directory_path()), InputError);
  EXPECT_THROW(plan_of(std::string(300'000, '#')), InputError);
}

TEST(FaultPlan, NumbersBeyondTheRunAreAllNamed) {
  const FaultPlan plan = plan_of(
      "validator 4 equivocates at 2\nmeter 10 lags 2 iterations\nvalidator 3 silent from 1\n");
  EXPECT_NO_THROW(check(plan, 5, 11));
  try {
    check(plan, 4, 10);
    FAIL() << "validator 4 of 4 and meter 10 of 10 were accepted";
  } catch (const InputError& error) {
    ASSERT_EQ(error.faults().size(), 2U);
    EXPECT_EQ(error.faults()[0],
              "planned fault \"validator 4 equivocates at height 2\": the run has 4 validators; "
              "give a number from 0 to 3");
    EXPECT_EQ(error.faults()[1],
              "planned fault \"meter 10 lags 2 iterations\": the run has 10 meters; "
              "give a number from 0 to 9");
  }
}

TEST(FaultPlan, SpoiledFilesAreReadOrRefusedNothingElse) {
  const std::string good =
      "validator 2 silent from height 40 to 60\nvalidator 1 equivocates at height 12\n"
      "validator 3 reports a wrong state root at height 30 # so\n"
      "meter 5 signs with a foreign key at iteration 7 of day 2\n"
      "meter 1 is impersonated at iteration 7\n"
      "meter 2 stalls 3 s at iteration 9\nmeter 4 lags 2 iterations\n";
  const PlanFile file(good);
  std::mt19937 random(1);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    file.write(testing::mutated(good, random));
    try {
      const auto all = read_fault_plan(file.path()).all();
      file.write(text_of(all));
      EXPECT_EQ(read_fault_plan(file.path()).all(), all);
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 3000);
}

}  // namespace
}  // namespace gridtally::cluster
