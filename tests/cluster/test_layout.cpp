#include <gtest/gtest.h>

#include <vector>

#include "cluster/layout.hpp"

namespace gridtally::cluster {
namespace {

using Hosts = std::vector<int>;  ///< by meter or validator: how many ranks host it

struct Community {
  std::uint32_t meters;
  std::uint32_t validators;
};

class LayoutOf : public ::testing::TestWithParam<Community> {
 protected:
  static constexpr int most_ranks = 40;
  [[nodiscard]] static Layout on(int ranks) {
    return Layout(ranks, GetParam().meters, GetParam().validators);
  }
};

void count(const Layout::Range& range, Hosts& hosts) {
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i) ++hosts.at(i);
}

TEST_P(LayoutOf, EveryMeterAndValidatorIsHostedOnce) {
  for (int ranks = 1; ranks <= most_ranks; ++ranks) {
    const Layout layout = on(ranks);
    Hosts meters(GetParam().meters, 0);
    Hosts validators(GetParam().validators, 0);
    for (int rank = 0; rank < ranks; ++rank) {
      count(layout.meters_of(rank), meters);
      count(layout.validators_of(rank), validators);
    }
    EXPECT_EQ(meters, Hosts(GetParam().meters, 1)) << ranks << " ranks";
    EXPECT_EQ(validators, Hosts(GetParam().validators, 1)) << ranks << " ranks";
  }
}

TEST_P(LayoutOf, RankOfValidatorIsItsHost) {
  for (int ranks = 1; ranks <= most_ranks; ++ranks) {
    const Layout layout = on(ranks);
    for (std::uint32_t v = 0; v < GetParam().validators; ++v) {
      const auto [first, count] = layout.validators_of(layout.rank_of_validator(v));
      EXPECT_TRUE(v >= first && v < first + count) << "validator " << v << ", " << ranks;
    }
  }
}

TEST_P(LayoutOf, RankOfMeterIsItsHost) {
  for (int ranks = 1; ranks <= most_ranks; ++ranks) {
    const Layout layout = on(ranks);
    for (std::uint32_t m = 0; m < GetParam().meters; ++m) {
      const auto [first, count] = layout.meters_of(layout.rank_of_meter(m));
      EXPECT_TRUE(m >= first && m < first + count) << "meter " << m << ", " << ranks;
    }
  }
}

TEST_P(LayoutOf, ValidatorsFillTheFirstRanksEvenly) {
  for (int ranks = 1; ranks <= most_ranks; ++ranks) {
    const Layout layout = on(ranks);
    EXPECT_EQ(layout.rank_of_validator(0), 0);
    for (int rank = 0; rank < ranks; ++rank) {
      const bool validates = layout.validators_of(rank).count > 0;
      EXPECT_EQ(validates, rank < layout.validator_ranks()) << rank << " of " << ranks;
      if (!validates) continue;
      const auto most = layout.validators_of(0).count;
      EXPECT_LE(most - layout.validators_of(rank).count, 1U) << rank << " of " << ranks;
    }
  }
}

TEST_P(LayoutOf, RolesPartFromTwoRanksOn) {
  for (int ranks = 2; ranks <= most_ranks; ++ranks) {
    const Layout layout = on(ranks);
    EXPECT_EQ(layout.meter_ranks() + layout.validator_ranks(), ranks);
    EXPECT_GE(layout.meter_ranks(), 1);
    for (int rank = 0; rank < layout.validator_ranks(); ++rank) {
      EXPECT_EQ(layout.meters_of(rank).count, 0U) << rank << " of " << ranks;
    }
  }
}

TEST_P(LayoutOf, OneRankIsBoth) {
  const Layout layout = on(1);
  EXPECT_EQ(layout.meters_of(0).count, GetParam().meters);
  EXPECT_EQ(layout.validators_of(0).count, GetParam().validators);
  EXPECT_EQ(layout.meter_ranks(), 1);
  EXPECT_EQ(layout.validator_ranks(), 1);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LayoutOf,
                         ::testing::Values(Community{1, 1}, Community{1, 4}, Community{2, 1},
                                           Community{10, 4}, Community{13, 7}, Community{39, 1},
                                           Community{1000, 4}, Community{5, 100}),
                         [](const auto& sizes) {
                           return std::to_string(sizes.param.meters) + "Meters" +
                                  std::to_string(sizes.param.validators) + "Validators";
                         });

TEST(Layout, TenMetersAndFourValidatorsOnFiveRanks) {
  const Layout layout(5, 10, 4);  // 5 · 4/14 rounds to one rank of validators
  EXPECT_EQ(layout.validator_ranks(), 1);
  EXPECT_EQ(layout.meters_of(1).first, 0U);
  EXPECT_EQ(layout.meters_of(1).count, 3U);
  EXPECT_EQ(layout.meters_of(2).count, 3U);
  EXPECT_EQ(layout.meters_of(3).count, 2U);
  EXPECT_EQ(layout.meters_of(4).first, 8U);
  EXPECT_EQ(layout.meters_of(4).count, 2U);
}

}  // namespace
}  // namespace gridtally::cluster
