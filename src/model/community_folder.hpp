#pragma once

#include <filesystem>

#include "model/community.hpp"

namespace gridtally::model {

/// Reads a community folder (model.md 6): community.cfg, prosumers.csv, profiles.csv, tariff.csv
/// and, optionally, partners.csv. Throws InputError listing every fault found — file, line,
/// prosumer, day, slot, the value and what would be valid — and reads on after each.
Community read_community(const std::filesystem::path& folder);

/// InputError when `folder` exists already, unless `force` allows to write into it.
void refuse_existing(const std::filesystem::path& folder, bool force);

/// Writes the same files; the folder is created. Numbers read back to the same bits.
void write_community(const Community& community, const std::filesystem::path& folder);

}  // namespace gridtally::model
