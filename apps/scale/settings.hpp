#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "market/contract.hpp"
#include "scenario/scenario.hpp"

namespace gridtally::scale {

/// The options of gridtally-scale.
struct Settings {
  std::filesystem::path folder;  ///< empty: made-up homes
  scenario::GenerateOptions homes;
  bool random_partners = false;
  int day = 0;
  int iterations = 0;  ///< 0: until the residual is below epsilon
  std::optional<double> rho;
  std::optional<double> epsilon;
  std::string placement = "partners";
  int lanes = 0;
  bool json = false;
};

/// False after --help or --version.
bool read_settings(const std::vector<char*>& arguments, Settings& settings, std::ostream& out);

/// What all ranks know: settings, tariff, partners; with the homes where they were read from a
/// folder. InputError for options that do not fit.
model::Community public_part(const Settings& settings);

/// `known` with the homes with these numbers, ascending, and nobody else's.
model::Community with_homes(const Settings& settings, model::Community known,
                            std::span<const std::uint32_t> numbers);

/// The contract's constants: the community's own settings, options over them. The partner graph
/// moves from `known` into them.
market::Terms take_terms(const Settings& settings, model::Community& known);

}  // namespace gridtally::scale
