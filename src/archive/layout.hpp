#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/hdf5_types.hpp"
#include "archive/iterates.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

/// Attributes "format" and "format_version" of a segment.
inline constexpr std::string_view segment_format = "gridtally-segment";
inline constexpr std::uint64_t segment_version = 4;

/// What an axis of a dataset counts. `digest` and `signature` are the bytes of one.
enum class Axis : std::uint8_t {
  block,
  iteration,
  kept,
  left_out,
  round,
  meter,
  validator,
  prosumer,
  slot,
  arc,
  day,
  settled_day,
  ballot,
  payment,
  evidence,
  byte,
  part,
  globals,
  digest,
  signature
};
std::string name(Axis axis);

/// Lengths of the axes of one file.
struct Extents {
  std::uint64_t blocks = 0;
  std::uint64_t iterations = 0;  ///< trading blocks
  Iterates iterates;             ///< which of them keep their decisions
  std::uint64_t rounds = 0;      ///< settlement blocks
  std::uint64_t meters = 0;
  std::uint64_t validators = 0;
  std::uint64_t prosumers = 0;
  std::uint64_t slots = 0;
  std::uint64_t arcs = 0;
  std::uint64_t days = 0;
  std::uint64_t settled_days = 0;
  std::uint64_t ballots = 0;
  std::uint64_t payments = 0;
  std::uint64_t evidence = 0;
  std::uint64_t evidence_bytes = 0;
  std::uint64_t carried_parts = 0;
  std::uint64_t globals_bytes = 0;
  std::size_t name_width = 1;  ///< bytes of the longest prosumer name
  [[nodiscard]] std::uint64_t of(Axis axis) const;
};

/// How the numbers of a dataset are stored.
enum class Coding : std::uint8_t {
  plain,  ///< as they are; rows along the first axis
  steps   ///< as steps of the bits of f64 (steps.hpp); rows along the last axis
};

/// One dataset of a format.
struct Column {
  std::string path;
  hdf5::Type type;
  std::vector<Axis> axes;
  std::string units;
  std::string long_name;
  Coding coding = Coding::plain;
  /// Of steps: what leads each along the first axis, or none; rows that a chunk holds.
  std::vector<std::uint64_t> leaders{};
  std::uint64_t depth = hdf5::any_depth;
};
hdf5::Shape shape_of(const Column& column, const Extents& extents);
std::size_t width_of(const Column& column, const Extents& extents);

/// An archive keeps no more evidence than this: who sends nonsense cannot fill a disk with it.
inline constexpr std::uint64_t most_evidence = std::uint64_t{1} << 16;        ///< pieces
inline constexpr std::uint64_t most_evidence_bytes = std::uint64_t{1} << 28;  ///< encoded

/// What a day's blocks hold that the genesis does not tell.
struct SegmentCounts {
  std::uint64_t validators = 0;  ///< every one that was a member by the end of the day
  std::uint64_t ballots = 0;
  std::uint64_t payments = 0;
  std::uint64_t evidence = 0;        ///< pieces
  std::uint64_t evidence_bytes = 0;  ///< of their first and second parts
  Iterates iterates;                 ///< which iterations keep their decisions
  std::uint64_t carried_parts = 0;   ///< of CarriedState::iterate; 0: nothing is carried
  std::uint64_t globals_bytes = 0;   ///< of CarriedState::globals
  bool operator==(const SegmentCounts&) const = default;
};

/// Lengths that a segment with these numbers of blocks has.
Extents segment_extents(const ledger::Genesis& genesis, std::uint64_t iterations,
                        std::uint64_t rounds, const SegmentCounts& counts);
/// More blocks of either phase than a day can have are refused before anything is allocated.
std::uint64_t max_rounds(const ledger::Genesis& genesis);

/// What stands for a decision that is absent: the quiet NaN 0x7ff8000000000000.
double no_number();

/// True when /arc, /result/trade and /result/price are in the segment (max_listed_arcs).
bool lists_pairs(const ledger::Genesis& genesis);

/// Every dataset of a segment of this run. Scales first, named as their axis at the root.
std::vector<Column> segment_columns(const ledger::Genesis& genesis);

/// The path that the dimension scale of `axis` has, in a file with one.
std::string scale_path(Axis axis);

}  // namespace gridtally::archive
