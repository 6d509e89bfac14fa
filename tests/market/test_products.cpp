// Inner products beside plain loops, to the last bit.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/crew.hpp"
#include "market/products.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

using Row = std::vector<double>;

struct Case {
  Form form;
  std::uint32_t prosumers;
  std::size_t slots;
};
void PrintTo(const Case& tested, std::ostream* out) {
  *out << tested.prosumers << " prosumers, " << tested.slots << " slots";
}

/// Vectors of every size of group, the same ones in several.
class Products : public ::testing::TestWithParam<Case> {
 protected:
  Products() {
    const auto& [form, prosumers, slots] = GetParam();
    terms_.form = form;
    terms_.slots = slots;
    std::vector<Arc> pairs;
    for (std::uint32_t u = 1; u < prosumers; ++u) pairs.push_back({u / 2, u});
    terms_.graph = PartnerGraph::from_pairs(prosumers, pairs);
    Numbers number(prosumers * 100 + static_cast<unsigned>(slots));
    const std::size_t size =
        form == Form::collapsed ? 2 * prosumers * slots : terms_.graph.arcs() * slots;
    for (int v = 0; v < 24; ++v) {
      Row row(size);
      // Of sizes so different that the order of a sum shows, and signs of zero.
      for (auto& value : row) {
        value = number(-1.0, 1.0) * std::pow(10.0, std::floor(number(-8.0, 8.0)));
        if (number(0.0, 1.0) < 0.1) value = std::copysign(0.0, value);
      }
      vectors_.push_back(std::move(row));
    }
    const std::size_t sizes[] = {1, 2, 5, 4, 10, 11, 0};
    std::size_t next = 0;
    for (const auto group_size : sizes) {
      Factors group{vectors_[23 - next % 5], {}};
      for (std::size_t v = 0; v < group_size; ++v) {
        group.vectors.emplace_back(vectors_[next++ % vectors_.size()]);
      }
      groups_.push_back(group);
    }
  }

  /// [prosumers][vectors of all groups]
  [[nodiscard]] Row plain() const {
    Row rows;
    for (std::size_t u = 0; u < terms_.prosumers(); ++u) {
      const auto offset = terms_.decision_offset(u);
      for (const auto& group : groups_) {
        for (const auto& a : group.vectors) {
          const auto sum = [&](std::size_t begin) {
            double result = 0.0;
            for (std::size_t i = begin; i < begin + terms_.decision_size(u); ++i) {
              result += a[i] * group.image[i];
            }
            return result;
          };
          const double first = sum(offset);
          const bool collapsed = terms_.form == Form::collapsed;
          rows.push_back(collapsed ? first + sum(a.size() / 2 + offset) : first);
        }
      }
    }
    return rows;
  }

  Terms terms_;
  std::vector<Row> vectors_;
  std::vector<Factors> groups_;
};

void expect_same_bits(const Row& expected, std::span<const double> found) {
  ASSERT_EQ(expected.size(), found.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint64_t>(expected[i]), std::bit_cast<std::uint64_t>(found[i]))
        << i;
  }
}

TEST_P(Products, OfEachProsumerAreThoseOfAPlainLoop) {
  auto community = whole(terms_);
  const auto sum = community.sum;
  const auto expected = plain();
  bool summed = false;
  community.sum = [&](std::size_t width, std::span<const double> rows) {
    EXPECT_EQ(width, 33U);
    expect_same_bits(expected, rows);
    summed = true;
    return sum(width, rows);
  };
  expect_same_bits(sum(33, expected), products(terms_, community, groups_));
  EXPECT_TRUE(summed);
}

TEST_P(Products, AreTheSameOnSeveralThreads) {
  const auto alone = products(terms_, whole(terms_), groups_);
  Crew helpers(3);
  const LentCrew lent(helpers);
  expect_same_bits(alone, products(terms_, whole(terms_), groups_));
}

INSTANTIATE_TEST_SUITE_P(Of, Products,
                         ::testing::Values(Case{Form::collapsed, 2, 24},
                                           Case{Form::collapsed, 33, 7},
                                           Case{Form::collapsed, 700, 24},
                                           Case{Form::pairwise, 40, 24},
                                           Case{Form::pairwise, 31, 1}));

TEST(ProductsOfNobody, AreTheSumsOfTheOthers) {
  Terms terms;
  Community community;
  community.sum = [](std::size_t width, std::span<const double> rows) {
    EXPECT_TRUE(rows.empty());
    return Row(width, 3.0);
  };
  EXPECT_EQ(products(terms, community, {{{}, {{}, {}}}}), (Row{3.0, 3.0}));
}

}  // namespace
}  // namespace gridtally::market
