#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "market/partner_graph.hpp"

namespace gridtally::model {

/// community.cfg. Energies are kWh per slot, money is cents.
struct Settings {
  int slots_per_day = 24;     ///< T, 1 … 288
  double slot_hours = 1.0;    ///< Δ [h]
  int days = 1;               ///< D
  double peak_price = 0.0;    ///< β [cents per kWh of the day's peak slot]
  double p2p_price = 0.0;     ///< π [cents/kWh]
  double rho = 0.0;           ///< ADMM penalty, kept fixed [cents/kWh²]; 0: chosen and adapted
  double epsilon = 1e-6;      ///< stop test [kWh], summed over ordered pairs
  double gap = 0.0;           ///< certified relative gap that ends a day too; 0: none
  int max_iterations = 5000;  ///< a day
};

/// One line of prosumers.csv.
struct Prosumer {
  std::string name;
  double battery_min = 0.0;         ///< [kWh]
  double battery_max = 0.0;         ///< [kWh]; equal to battery_min: no battery
  double battery_initial = 0.0;     ///< [kWh]; the least level at the end of every day
  double charge_max = 0.0;          ///< [kWh per slot]
  double discharge_max = 0.0;       ///< [kWh per slot]
  double battery_efficiency = 1.0;  ///< η, in (0, 1]; applied to charge and discharge each
  double grid_max = 0.0;            ///< [kWh per slot]
  double discomfort_weight = 1.0;   ///< ω [cents/kWh²]
  double wear_cost = 1.0;           ///< κ [cents/kWh]
  /// What its account holds at first [cents], in whole micro-cents; it must not fall below 0. None:
  /// the account starts at 0 and may owe without limit.
  std::optional<double> opening_balance;
  /// False: its private part, which is all but name and opening balance, lies elsewhere. The
  /// numbers then mean nothing, and its profile is empty.
  bool known = true;
};

/// profiles.csv of one prosumer, each [day * slots_per_day + slot], kWh per slot.
struct Profile {
  std::vector<double> renewable;           ///< R
  std::vector<double> inflexible;          ///< L_if
  std::vector<double> flexible_reference;  ///< L_ref
  std::vector<double> flexible_min;        ///< l_min
  std::vector<double> flexible_max;        ///< l_max
};

/// tariff.csv, [day * slots_per_day + slot], cents/kWh.
struct Tariff {
  std::vector<double> grid_price;     ///< α
  std::vector<double> reserve_price;  ///< π_as
};

struct Community {
  Settings settings;
  std::vector<Prosumer> prosumers;
  std::vector<Profile> profiles;  ///< same order as prosumers; empty ones of homes not known
  Tariff tariff;
  market::PartnerGraph partners;

  [[nodiscard]] std::size_t size() const { return prosumers.size(); }
  /// Whether the private part of home `u` is here: its numbers and its profile.
  [[nodiscard]] bool has_private(std::size_t u) const { return prosumers[u].known; }
};

}  // namespace gridtally::model
