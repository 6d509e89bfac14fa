#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "model/community.hpp"
#include "reference/outcome.hpp"
#include "reference/study.hpp"

namespace gridtally::reference_app {

/// The options of gridtally-reference that are not PETSc's.
struct Settings {
  std::optional<std::filesystem::path> community;
  std::vector<std::uint64_t> generate;  ///< prosumers and seed; empty: read the folder
  int day = 0;
  reference::Accuracy accuracy;
  reference::Method method = reference::Method::automatic;
  bool json = false;
};

std::string name(reference::Method method);

/// False after --help or --version. InputError with every fault.
bool read_settings(const std::vector<char*>& words, Settings& settings, std::ostream& out);

/// The community that the settings name, checked to have the day. InputError with every fault.
model::Community load(const Settings& settings);

}  // namespace gridtally::reference_app
