#include <gtest/gtest.h>

#include "cluster/news_patience.hpp"

namespace gridtally::cluster {
namespace {

using namespace std::chrono_literals;

constexpr auto nobody = std::nullopt;
const Clock::time_point start{};  // of each test

TEST(NewsPatience, AsksOneAfterAnotherEachAfterTwiceAsLong) {
  NewsPatience patience(2, 4, start);
  EXPECT_EQ(patience.ask(start + 999ms), nobody);
  EXPECT_EQ(patience.ask(start + 1s), 3);
  EXPECT_EQ(patience.ask(start + 2999ms), nobody);
  EXPECT_EQ(patience.ask(start + 3s), 0);
  EXPECT_EQ(patience.ask(start + 7s), 1);
  EXPECT_EQ(patience.ask(start + 15s), 2);
}

TEST(NewsPatience, WhatARankDidBeforeDoesNotCount) {
  NewsPatience patience(0, 4, start);
  patience.restart(start + 100s);
  EXPECT_EQ(patience.ask(start + 100999ms), nobody);
  EXPECT_EQ(patience.ask(start + 101s), 1);
}

TEST(NewsPatience, ABlockBeginsItAnew) {
  NewsPatience patience(0, 4, start);
  ASSERT_EQ(patience.ask(start + 1s), 1);
  ASSERT_EQ(patience.ask(start + 3s), 2);
  patience.note_block(0, start + 4s);
  EXPECT_EQ(patience.ask(start + 4999ms), nobody);
  EXPECT_EQ(patience.ask(start + 5s), 1);
}

TEST(NewsPatience, FirstAsksWhoHelpedBefore) {
  NewsPatience patience(0, 4, start);
  ASSERT_EQ(patience.ask(start + 1s), 1);
  ASSERT_EQ(patience.ask(start + 3s), 2);
  patience.note_block(2, start + 3s);
  EXPECT_EQ(patience.ask(start + 4s), 2);
  EXPECT_EQ(patience.ask(start + 6s), 3);
}

TEST(NewsPatience, BlocksThatComeTwiceMakeItMorePatient) {
  NewsPatience patience(0, 4, start);
  ASSERT_EQ(patience.ask(start + 1s), 1);
  patience.note_block(0, start + 3s);  // was under way
  patience.note_doubled();
  patience.note_doubled();  // and once more: counts once a block
  EXPECT_EQ(patience.patience(), 2s);
  patience.note_block(0, start + 6s);
  EXPECT_EQ(patience.ask(start + 7999ms), nobody);
  EXPECT_EQ(patience.ask(start + 8s), 1);
  for (int i = 0; i < 10; ++i) {
    patience.note_block(0, start + 10s);
    patience.note_doubled();
  }
  EXPECT_EQ(patience.patience(), NewsPatience::most);
}

TEST(NewsPatience, BlocksThatOnlyComeByAskingMakeItLessPatient) {
  NewsPatience patience(0, 4, start);
  for (int i = 0; i < 3; ++i) {
    patience.note_block(0, start);
    patience.note_doubled();
  }
  ASSERT_EQ(patience.patience(), 8s);
  patience.note_block(1, start);
  EXPECT_EQ(patience.patience(), 4s);
  for (int i = 0; i < 5; ++i) patience.note_block(1, start);
  EXPECT_EQ(patience.patience(), NewsPatience::least);
}

TEST(NewsPatience, WhoSentSomethingWrongIsNotAskedAgainAtOnce) {
  NewsPatience patience(1, 4, start);
  EXPECT_EQ(patience.ask_another(), 2);
  EXPECT_EQ(patience.ask_another(), 3);
}

TEST(NewsPatience, OneSourceIsAskedAgain) {
  NewsPatience patience(0, 1, start);
  EXPECT_EQ(patience.ask(start + 1s), 0);
  EXPECT_EQ(patience.ask(start + 3s), 0);
}

}  // namespace
}  // namespace gridtally::cluster
