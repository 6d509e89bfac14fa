// Sums over partners beside plain loops, to the last bit.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "market/partner_sizes.hpp"
#include "market/partner_sum.hpp"
#include "market/random_market.hpp"

namespace gridtally::market {
namespace {

/// Some know nobody, some many.
PartnerGraph uneven_graph(std::uint32_t prosumers, unsigned seed) {
  Numbers number(seed);
  std::vector<Arc> pairs;
  for (std::uint32_t u = 0; u < prosumers; ++u) {
    const auto count = static_cast<int>(number(0.0, 5.0));
    for (int i = 0; i < count; ++i) {
      const auto v = static_cast<std::uint32_t>(number(0.0, prosumers));
      if (u != v && u % 7 != 3 && v % 7 != 3) pairs.push_back({u, v});
    }
  }
  return PartnerGraph::from_pairs(prosumers, pairs);
}

struct Case {
  std::uint32_t prosumers;
  std::size_t slots;
};

constexpr std::array<Case, 7> cases{
    {{2, 24}, {9, 1}, {30, 7}, {31, 24}, {50, 25}, {64, 48}, {101, 50}}};

// Of ordinary numbers, and of those whose squares become infinite or lose their last bits.
constexpr std::array<double, 4> reaches{1.0, 1e-3, 5e153, 1e-161};

Terms terms_of(const Case& each, unsigned seed) {
  Terms terms;
  terms.slots = each.slots;
  terms.graph = uneven_graph(each.prosumers, seed);
  return terms;
}

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

double half_square(double a, double b, double sign) {
  const double half = 0.5 * (a + sign * b);
  return half * half;
}

std::array<double, columns> plain_sizes(const Terms& terms, const std::vector<double>& change,
                                        const Iterate& after, std::size_t u, bool all) {
  const std::size_t slots = terms.slots;
  std::array<double, columns> sizes{};
  for (std::size_t arc = terms.graph.first(u); arc < terms.graph.first(u + 1); ++arc) {
    const std::size_t v = terms.graph.arc(arc).to;
    double square = 0.0;
    for (std::size_t t = 0; t < slots; ++t) {
      const std::size_t i = u * slots + t;
      const std::size_t j = v * slots + t;
      square += half_square(change[i], change[j], 1.0);
      if (!all) continue;
      sizes[moved] += half_square(after.first[i], after.first[j], -1.0);
      sizes[traded] += half_square(after.second[i], after.second[j], -1.0);
      sizes[priced] += half_square(after.first[i], after.first[j], 1.0);
    }
    sizes[missed] += square;
    sizes[residual] += std::sqrt(square);
  }
  return sizes;
}

TEST(PartnerSizes, AreThoseOfAPlainLoop) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    for (const auto& each : cases) {
      const Terms terms = terms_of(each, seed);
      if (terms.graph.is_complete()) continue;  // two who know each other
      Numbers number(seed + 100);
      const std::size_t size = each.prosumers * each.slots;
      const double reach = reaches.at(seed % reaches.size());
      const auto change = random_row(number, size, 3.0 * reach);
      Iterate after;
      after.first = random_row(number, size, 2.0 * reach);
      after.second = random_row(number, size, 5.0 * reach);
      for (const auto& [all, lanes] :
           {std::pair(false, widest_lanes()), {true, widest_lanes()}, {false, 2U}, {true, 2U}}) {
        std::vector<double> parts(each.prosumers * columns, -1.0);
        const PartnerSizes sizes(terms, change, after, all);
        const std::size_t some = each.prosumers / 3;  // in two calls, as threads share them
        sizes.set(0, some, parts, lanes);
        sizes.set(some, each.prosumers, parts, lanes);
        for (std::size_t u = 0; u < each.prosumers; ++u) {
          const auto plain = plain_sizes(terms, change, after, u, all);
          for (std::size_t column = 0; column < columns; ++column) {
            ASSERT_EQ(bits(parts[u * columns + column]), bits(plain.at(column)))
                << "seed " << seed << ", prosumer " << u << ", column " << column;
          }
        }
      }
    }
  }
}

TEST(SumPartners, AreThoseOfAPlainLoop) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    for (const auto& each : cases) {
      const auto graph = uneven_graph(each.prosumers, seed);
      if (graph.is_complete()) continue;
      Numbers number(seed);
      const auto rows = random_row(number, each.prosumers * each.slots, 1.0);
      std::vector<double> found(rows.size(), -1.0);
      const auto set = [&](std::size_t u, std::size_t slot, std::span<const double> sums) {
        std::copy(sums.begin(), sums.end(), &found[u * each.slots + slot]);
      };
      sum_partners(graph, 0, 1, each.slots, rows, set);
      sum_partners(graph, 1, each.prosumers, each.slots, rows, set);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        double plain = 0.0;
        const std::size_t u = i / each.slots;
        for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
          plain += rows[graph.arc(arc).to * each.slots + i % each.slots];
        }
        ASSERT_EQ(bits(found[i]), bits(plain)) << "seed " << seed << ", number " << i;
      }
    }
  }
}

}  // namespace
}  // namespace gridtally::market
