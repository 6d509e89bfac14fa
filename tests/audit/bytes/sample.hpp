#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "audit/small_run.hpp"

/// A small archive that has everything, as bytes in memory, and a folder in memory to change it in.
namespace gridtally::audit::testing {

/// By name.
using Files = std::map<std::string, ledger::Bytes>;

/// What kind of archive a sample is.
struct SampleKind {
  market::Form form = market::Form::collapsed;
  archive::Iterates kept = {};  ///< of the sealed days
  std::uint8_t keys = 0;        ///< another number: a run with other keys, and else the same
};

/// Three homes over three days of four slots: payments, a ballot at height 2, evidence about height
/// 3. Days 0 and 1 are sealed; the first three blocks of day 2 are in its journal, each durable
/// before the next.
struct Sample {
  SampleKind kind;
  SmallRun run;
  Files archive;
  Files private_files;

  /// The manifest as validator 0 would sign it over these segments.
  [[nodiscard]] ledger::Bytes signed_manifest(const Files& files) const;
  [[nodiscard]] std::uint64_t sealed_height() const { return run.day_end(1); }
  /// Blocks in the archive.
  [[nodiscard]] std::uint64_t height() const { return sealed_height() + journalled; }
  static constexpr std::uint64_t journalled = 3;
};
Sample make_sample(const SampleKind& kind = {});
/// The one that most tests change a copy of.
const Sample& sample();

/// The archive of a run's blocks 1 to `height`; of the days that end by then, `sealed` are.
Files archive_of(const SmallRun& run, std::uint64_t height, std::size_t sealed,
                 const archive::Iterates& kept = {});
Files read_files(const std::filesystem::path& folder);

void put_file(const std::filesystem::path& path, ledger::ByteView bytes);
/// Makes the folder where it is not there yet.
void put_files(const std::filesystem::path& folder, const Files& files);

}  // namespace gridtally::audit::testing
