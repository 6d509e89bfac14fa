#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "admm/households.hpp"

namespace gridtally::admm {

/// Numbers in [low, high), the same for the same seed.
class Numbers {
 public:
  explicit Numbers(unsigned seed) : engine_(seed) {}
  double operator()(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }

 private:
  std::mt19937_64 engine_;
};

/// A home without battery or flexible load, grid at most 10 kWh.
inline Household plain_home(std::uint32_t index, std::size_t partners,
                            std::vector<double> renewable, std::vector<double> inflexible) {
  Household home;
  home.index = index;
  home.partners = partners;
  home.prosumer.name = "home " + std::to_string(index);
  home.prosumer.grid_max = 10.0;
  const std::vector<double> none(renewable.size(), 0.0);
  home.profile = {std::move(renewable), std::move(inflexible), none, none, none};
  return home;
}

/// Grid at 30, reserve at 0 cents/kWh, π = 10, no peak price.
inline PublicTerms plain_terms(std::size_t slots, std::size_t days, double rho) {
  PublicTerms terms;
  terms.slots = slots;
  terms.p2p_price = 10.0;
  terms.rho = rho;
  terms.grid_price.assign(slots * days, 30.0);
  terms.reserve_price.assign(slots * days, 0.0);
  return terms;
}

/// A home with sun, flexible load and a battery.
inline Household random_home(std::uint32_t index, std::size_t partners, std::size_t slots,
                             Numbers& number) {
  Household home =
      plain_home(index, partners, std::vector<double>(slots, 0.0), std::vector<double>(slots, 0.0));
  for (std::size_t t = 0; t < slots; ++t) {
    const bool light = 4 * t >= slots && 4 * t < 3 * slots;
    home.profile.renewable[t] = light ? number(0.0, 4.0) : 0.0;
    home.profile.inflexible[t] = number(0.1, 2.0);
    home.profile.flexible_reference[t] = number(0.2, 1.0);
    home.profile.flexible_min[t] = 0.1;
    home.profile.flexible_max[t] = 2.0;
  }
  auto& p = home.prosumer;
  p.battery_max = number(2.0, 8.0);
  p.battery_initial = number(0.0, 0.8) * p.battery_max;
  p.charge_max = p.discharge_max = number(0.5, 2.0);
  p.battery_efficiency = number(0.9, 1.0);
  p.wear_cost = number(0.2, 1.0);
  p.discomfort_weight = number(0.5, 3.0);
  return home;
}

inline PublicTerms random_terms(std::size_t slots, std::size_t days, double rho, Numbers& number) {
  PublicTerms terms = plain_terms(slots, days, rho);
  terms.peak_price = 15.0;
  for (auto& price : terms.grid_price) price = number(10.0, 40.0);
  for (auto& price : terms.reserve_price) price = number(0.0, 2.0);
  return terms;
}

}  // namespace gridtally::admm
