#pragma once

#include <filesystem>

#include "model/community.hpp"

namespace gridtally::model {

/// Reads a community folder (model.md 6): community.cfg, prosumers.csv, profiles.csv, tariff.csv
/// and, optionally, partners.csv. Throws InputError listing every fault found — file, line,
/// prosumer, day, slot, the value and what would be valid — and reads on after each. A home whose
/// private part is not in the folder is a fault.
Community read_community(const std::filesystem::path& folder);

/// As read_community, for who needs the private part of some homes alone: others may lack it
/// (Community::has_private), and nothing private of them is checked. What the folder lacks is taken
/// from prosumers.csv and profiles.csv in `homes`, where that folder exists; empty: from nowhere.
/// A home with a private part in both is a fault.
Community read_partial_community(const std::filesystem::path& folder,
                                 const std::filesystem::path& homes = {});

/// InputError when `folder` exists already, unless `force` allows to write into it.
void refuse_existing(const std::filesystem::path& folder, bool force);

/// Writes the same files; the folder is created. Numbers read back to the same bits. Homes that are
/// not known stay so.
void write_community(const Community& community, const std::filesystem::path& folder);

}  // namespace gridtally::model
