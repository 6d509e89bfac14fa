#include "scenario/calibration.hpp"

#include <algorithm>
#include <cmath>

namespace gridtally::scenario {

namespace {
constexpr std::size_t hours = 24;
constexpr double peak_factor = 3.0;
}  // namespace

model::Settings default_settings(int days) {
  model::Settings settings;
  settings.days = days;
  settings.peak_price = 5.0;
  settings.p2p_price = 15.0;
  return settings;
}

double rounded(double value) { return std::floor(value * 1e6 + 0.5) / 1e6; }

void split_load(const std::vector<double>& load, double share, model::Profile& profile) {
  const std::size_t rows = load.size();
  profile.inflexible.resize(rows);
  profile.flexible_reference.resize(rows);
  profile.flexible_min.assign(rows, 0.0);
  profile.flexible_max.resize(rows);
  for (std::size_t first = 0; first < rows; first += hours) {
    double energy = 0.0;
    for (std::size_t row = first; row < first + hours; ++row) {
      const double flexible = rounded(share * load[row]);
      profile.flexible_reference[row] = flexible;
      profile.inflexible[row] = rounded(std::max(load[row] - flexible, 0.0));
      energy += flexible;
    }
    const double most = rounded(peak_factor * energy / hours);
    for (std::size_t row = first; row < first + hours; ++row) {
      profile.flexible_max[row] = std::max(most, profile.flexible_reference[row]);
    }
  }
}

double connection_for(const std::vector<double>& load) {
  const double peak = load.empty() ? 0.0 : *std::max_element(load.begin(), load.end());
  return std::max(10.0, std::ceil(1.25 * peak));
}

}  // namespace gridtally::scenario
