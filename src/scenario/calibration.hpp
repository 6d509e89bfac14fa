#pragma once

#include <vector>

#include "model/community.hpp"

namespace gridtally::scenario {

/// The prices and algorithm settings that generated and imported communities share.
model::Settings default_settings(int days);

/// Splits each hour's load into its flexible reference (share of the load, 0 … 1) and the rest:
/// flexible_min 0, flexible_max the larger of the reference and 3 times the day's mean. All
/// values are multiples of 1e-6 kWh.
void split_load(const std::vector<double>& load, double share, model::Profile& profile);

/// Connection [kWh per slot] that serves the home alone: at least 10, and 1.25 times the peak load.
double connection_for(const std::vector<double>& load);

/// The nearest multiple of 1e-6.
double rounded(double value);

}  // namespace gridtally::scenario
