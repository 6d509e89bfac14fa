#pragma once

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "archive/kept_days.hpp"
#include "archive/private_layout.hpp"
#include "base/file.hpp"
#include "merged/merged_file.hpp"
#include "parallel/folder_of_ranks.hpp"

namespace gridtally::merged {

using archive::PrivateFile;

inline constexpr std::uint32_t meters = 6;
inline constexpr std::uint32_t days = 3;
inline constexpr std::uint32_t slots = 4;

/// Meter m serves 1 + m % 3 prosumers: 12 in all.
inline ledger::Genesis make_genesis() {
  ledger::Genesis genesis;
  genesis.terms.slots = slots;
  std::uint32_t first = 0;
  for (std::uint32_t m = 0; m < meters; ++m) {
    ledger::PublicKey key;
    key.bytes[0] = static_cast<std::uint8_t>(m + 1);
    genesis.meters.push_back({key, first, 1 + m % 3});
    first += 1 + m % 3;
  }
  genesis.terms.graph = market::PartnerGraph::complete(first);
  for (std::uint32_t u = 0; u < first; ++u) {
    genesis.prosumers.push_back("home " + std::string(u % 4, 'x') + std::to_string(u));
    genesis.input_commitments.emplace_back();
  }
  genesis.opening_balances.resize(first);
  genesis.validators.emplace_back();
  genesis.days = days;
  genesis.grid_price.assign(std::size_t{days} * slots, 20.0);
  genesis.reserve_price.assign(std::size_t{days} * slots, 1.0);
  return genesis;
}

/// Numbers that tell where they belong.
inline std::vector<double> numbers(std::uint32_t u, double what, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = 1000.0 * u + what + 0.001 * double(i);
  return values;
}

inline PrivateFile make_file(const ledger::Genesis& genesis, std::uint32_t m,
                             std::uint32_t settled) {
  PrivateFile file;
  file.run_id = ledger::run_id(genesis);
  file.meter = m;
  file.salt_key[0] = static_cast<std::uint8_t>(m + 1);
  file.days = days;
  file.slots = slots;
  const auto& meter = genesis.meters[m];
  for (auto u = meter.first; u < meter.first + meter.count; ++u) {
    archive::PrivateProsumer prosumer;
    prosumer.prosumer = u;
    prosumer.parameters.name = genesis.prosumers[u];
    prosumer.parameters.battery_max = u;
    double what = 0.0;
    for (const auto& field : archive::profile_fields) {
      prosumer.*field.member = numbers(u, what += 10.0, std::size_t{days} * slots);
    }
    prosumer.schedules.resize(settled);
    for (auto& schedule : prosumer.schedules) {
      archive::for_each_schedule_field([&](const std::string&, const auto& field) {
        schedule.*field.member = numbers(u, what += 1.0, slots);
      });
      schedule.bound = what;
    }
    file.prosumers.push_back(std::move(prosumer));
  }
  return file;
}

/// Blocks of meters in rank order; the last rank has none where there are several.
inline std::vector<PrivateFile> files_of_rank(const ledger::Genesis& genesis, int rank, int ranks,
                                              std::uint32_t settled) {
  const auto holders = static_cast<std::uint32_t>(ranks > 1 ? ranks - 1 : 1);
  std::vector<PrivateFile> files;
  for (std::uint32_t m = 0; m < meters; ++m) {
    if (m * holders / meters == static_cast<std::uint32_t>(rank)) {
      files.push_back(make_file(genesis, m, settled));
    }
  }
  return files;
}

/// Of files that memory holds.
inline Share share_of(const std::vector<PrivateFile>& files) {
  const auto settled = files.empty() ? 0 : files[0].prosumers[0].schedules.size();
  return {files, static_cast<std::uint32_t>(settled), [&files, m = 0UL, row = 0UL]() mutable {
            const auto& schedules = files.at(m).prosumers.at(row).schedules;
            if (++row == files[m].prosumers.size()) {
              row = 0;
              ++m;
            }
            return schedules;
          }};
}

/// Ranks that write a file together, in a folder of theirs.
class MergedFile : public ::testing::Test {
 protected:
  MergedFile() {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_);
  }

  std::vector<PrivateFile> own_files(std::uint32_t settled) const {
    return files_of_rank(genesis_, rank_, ranks_, settled);
  }

  void write(std::uint32_t settled, std::uint64_t at_once = 1U << 20U) const {
    const auto files = own_files(settled);
    write_merged_file(MPI_COMM_WORLD, folder_, genesis_, share_of(files), at_once);
  }

  archive::PrivateExpectation expectation(std::uint32_t m) const {
    const auto& meter = genesis_.meters[m];
    return {ledger::run_id(genesis_),
            m,
            meter.first,
            meter.count,
            days,
            slots,
            static_cast<std::uint32_t>(genesis_.prosumers.size()),
            meters};
  }

  archive::Extents extents(std::uint32_t settled) const {
    archive::Extents extents;
    extents.prosumers = genesis_.prosumers.size();
    extents.meters = meters;
    extents.slots = slots;
    extents.days = days;
    extents.settled_days = settled;
    for (const auto& name : genesis_.prosumers) {
      extents.name_width = std::max(extents.name_width, name.size());
    }
    return extents;
  }

  void expect_content(const std::filesystem::path& folder, std::uint32_t settled) const {
    archive::PrivateFolder found(folder);
    for (const std::uint32_t m : {0U, 1U, 2U, 3U, 4U, 5U, 2U}) {
      const auto expected = make_file(genesis_, m, settled);
      const auto file = found.read(expectation(m));
      EXPECT_EQ(file.meter, m);
      EXPECT_EQ(file.salt_key, expected.salt_key);
      ASSERT_EQ(file.prosumers.size(), expected.prosumers.size());
      for (std::size_t i = 0; i < file.prosumers.size(); ++i) {
        EXPECT_EQ(file.prosumers[i].parameters.name, expected.prosumers[i].parameters.name);
        EXPECT_EQ(file.prosumers[i].renewable, expected.prosumers[i].renewable);
        EXPECT_EQ(file.prosumers[i].flexible_max, expected.prosumers[i].flexible_max);
        EXPECT_EQ(file.prosumers[i].schedules, expected.prosumers[i].schedules);
      }
    }
  }

  int rank_ = 0;
  int ranks_ = 1;
  FolderOfRanks made_;
  std::filesystem::path folder_ = made_.path();
  ledger::Genesis genesis_ = make_genesis();
};

}  // namespace gridtally::merged
