#include "cluster/layout.hpp"

#include <algorithm>

namespace gridtally::cluster {

namespace {
Layout::Range share(std::uint32_t total, int parts, int part) {
  if (part < 0 || part >= parts) return {};
  const auto count = static_cast<std::uint32_t>(parts);
  const auto index = static_cast<std::uint32_t>(part);
  const std::uint32_t base = total / count;
  const std::uint32_t more = total % count;
  return {index * base + std::min(index, more), base + (index < more ? 1U : 0U)};
}

// As many ranks as the validators' share of all roles, at least one, leaving one for the meters.
int validator_share(int ranks, std::uint32_t meters, std::uint32_t validators) {
  if (ranks == 1) return 1;
  const auto roles = std::int64_t{meters} + validators;
  const auto share =
      static_cast<int>((2 * std::int64_t{ranks} * std::int64_t{validators} + roles) / (2 * roles));
  const int most = std::min(ranks - 1, static_cast<int>(validators));
  return std::clamp(share, 1, most);
}
}  // namespace

Layout::Layout(int ranks, std::uint32_t meters, std::uint32_t validators)
    : Layout(ranks, meters, validators, validator_share(ranks, meters, validators)) {}

Layout::Layout(int ranks, std::uint32_t meters, std::uint32_t validators, int validator_ranks)
    : ranks_(ranks), meters_(meters), validators_(validators), validator_ranks_(validator_ranks) {}

Layout::Range Layout::validators_of(int rank) const {
  return share(validators_, validator_ranks_, rank);
}

Layout::Range Layout::meters_of(int rank) const {
  return share(meters_, meter_ranks(), ranks_ == 1 ? rank : rank - validator_ranks_);
}

int Layout::rank_of_validator(std::uint32_t validator) const {
  for (int rank = 0; rank < validator_ranks_; ++rank) {
    const auto [first, count] = validators_of(rank);
    if (validator >= first && validator < first + count) return rank;
  }
  return 0;
}

int Layout::rank_of_meter(std::uint32_t meter) const {
  for (int rank = 0; rank < ranks_; ++rank) {
    const auto [first, count] = meters_of(rank);
    if (meter >= first && meter < first + count) return rank;
  }
  return 0;
}

}  // namespace gridtally::cluster
