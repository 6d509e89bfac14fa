#include "scenario/partners.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "scenario/random.hpp"

namespace gridtally::scenario {

namespace {

constexpr std::uint64_t partner_stream = 5;

struct Step {
  long down = 0;
  long right = 0;
};

// The `count` shortest steps on a lattice of which no two are opposite: down, or straight right.
std::vector<Step> shortest_steps(std::size_t count) {
  std::vector<Step> steps;
  const long reach = static_cast<long>(std::sqrt(static_cast<double>(count))) + 1;
  for (long down = 0; down <= reach; ++down) {
    for (long right = down == 0 ? 1 : -reach; right <= reach; ++right) {
      steps.push_back({down, right});
    }
  }
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    return std::tuple(a.down * a.down + a.right * a.right, a.down, a.right) <
           std::tuple(b.down * b.down + b.right * b.right, b.down, b.right);
  });
  steps.resize(count);
  return steps;
}

// The home at each point of the lattice.
std::vector<std::uint32_t> shuffled(std::size_t homes, Random random) {
  std::vector<std::uint32_t> order(homes);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = homes; i > 1; --i) std::swap(order[i - 1], order[random.pick(i)]);
  return order;
}

}  // namespace

market::PartnerGraph neighbours(std::size_t homes, std::size_t partners, std::uint64_t seed) {
  const auto home_at = shuffled(homes, Random(seed, partner_stream));
  const auto side = static_cast<long>(std::ceil(std::sqrt(static_cast<double>(homes))));
  const auto steps = shortest_steps(partners / 2);
  std::vector<market::Arc> pairs;
  for (std::size_t point = 0; point < homes; ++point) {
    const long row = static_cast<long>(point) / side;
    const long column = static_cast<long>(point) % side;
    for (const auto& step : steps) {
      const long right = column + step.right;
      const auto other = static_cast<std::size_t>((row + step.down) * side + right);
      if (right < 0 || right >= side || other >= homes) continue;
      pairs.push_back({home_at[point], home_at[other]});
    }
  }
  return market::PartnerGraph::from_pairs(homes, pairs);
}

market::PartnerGraph strangers(std::size_t homes, std::size_t partners, std::uint64_t seed) {
  Random random(seed, partner_stream);
  std::vector<market::Arc> pairs;
  for (std::size_t u = 0; u < homes; ++u) {
    for (std::size_t drawn = 0; drawn < partners / 2; ++drawn) {
      const std::size_t other = (u + 1 + random.pick(homes - 1)) % homes;
      pairs.push_back({static_cast<std::uint32_t>(u), static_cast<std::uint32_t>(other)});
    }
  }
  return market::PartnerGraph::from_pairs(homes, pairs);
}

}  // namespace gridtally::scenario
