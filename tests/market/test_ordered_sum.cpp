#include <gtest/gtest.h>

#include "market/ordered_sum.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

std::vector<double> numbers(std::size_t count) {
  Numbers number(static_cast<unsigned>(count));
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(number(-1.0, 1.0) * 1e6);
  return values;
}

double plain_sum(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum;
}

TEST(OrderedSum, IsTheSumOfTheSumsOfBlocksOf256Rows) {
  const auto values = numbers(600);
  const std::span all(values);
  const double expected = (plain_sum(all.subspan(0, 256)) + plain_sum(all.subspan(256, 256))) +
                          plain_sum(all.subspan(512));
  EXPECT_EQ(ordered_sum(values), expected);
}

TEST(OrderedSum, OfUpTo256RowsIsThePlainSum) {
  for (const std::size_t count : {0, 1, 2, 255, 256}) {
    const auto values = numbers(count);
    EXPECT_EQ(ordered_sum(values), plain_sum(values)) << count;
  }
}

TEST(OrderedSum, SumsEachColumnAlone) {
  constexpr std::size_t width = 3;
  const auto values = numbers(700 * width);
  const auto sums = ordered_sum(700, width, [&](std::size_t row, std::size_t column) {
    return values[row * width + column];
  });
  ASSERT_EQ(sums.size(), width);
  for (std::size_t column = 0; column < width; ++column) {
    std::vector<double> one;
    for (std::size_t row = 0; row < 700; ++row) one.push_back(values[row * width + column]);
    EXPECT_EQ(sums[column], ordered_sum(one)) << column;
  }
}

// Two owners cut at a block border: their block sums side by side are everyone's.
TEST(OrderedSum, HasTheSameBitsWhereOwnersOfWholeBlocksSumTheirsFirst) {
  const auto values = numbers(1000);
  const auto term_from = [&](std::size_t first) {
    return [&values, first](std::size_t row, std::size_t) { return values[first + row]; };
  };
  for (const std::size_t cut : {256, 512, 768}) {
    auto sums = block_sums(cut, 1, term_from(0));
    const auto rest = block_sums(1000 - cut, 1, term_from(cut));
    sums.insert(sums.end(), rest.begin(), rest.end());
    EXPECT_EQ(sum_in_order(sums, 1)[0], ordered_sum(values)) << cut;
  }
}

}  // namespace
}  // namespace gridtally::market
