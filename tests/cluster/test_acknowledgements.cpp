#include <gtest/gtest.h>

#include "cluster/acknowledgements.hpp"
#include "cluster/layout.hpp"

namespace gridtally::cluster {
namespace {

TEST(Acknowledgements, AllHaveWhatTheRunBeganWith) {
  const Acknowledgements known(1, 3, 7);
  EXPECT_EQ(known.durable(), 7U);
  EXPECT_EQ(known.not_asked_for(9), 7U);
}

TEST(Acknowledgements, TheArchivistKeepsBlocksForTheSlowest) {
  Acknowledgements known(archivist, 3, 7);
  known.note(1, 12);
  EXPECT_EQ(known.not_asked_for(12), 7U);
  known.note(2, 9);
  EXPECT_EQ(known.not_asked_for(12), 9U);
  known.note(2, 12);
  EXPECT_EQ(known.not_asked_for(11), 11U);
}

TEST(Acknowledgements, TheArchivistDoesNotAskItself) {
  const Acknowledgements alone(archivist, 1, 0);
  EXPECT_EQ(alone.not_asked_for(5), 5U);
  EXPECT_EQ(alone.durable(), 0U);
}

TEST(Acknowledgements, OthersKeepBlocksForTheArchivistAlone) {
  Acknowledgements known(2, 4, 7);
  known.note(archivist, 10);
  EXPECT_EQ(known.durable(), 10U);
  EXPECT_EQ(known.not_asked_for(12), 10U);  // ranks 1 and 3 have said nothing since
}

}  // namespace
}  // namespace gridtally::cluster
