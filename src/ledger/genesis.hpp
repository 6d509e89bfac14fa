#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/keys.hpp"
#include "market/contract.hpp"

namespace gridtally::ledger {

/// A meter and the prosumers it serves: [first, first + count).
struct Meter {
  PublicKey key;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool operator==(const Meter&) const = default;
};

/// Everything public that a run is a function of, besides the meters' decisions. Height 0.
struct Genesis {
  static constexpr std::uint16_t version = 4;

  std::vector<std::string> prosumers;     ///< names
  std::uint32_t days = 0;                 ///< days run (may be fewer than the inputs hold)
  double slot_hours = 1.0;                ///< Δ [h]
  double peak_price = 0.0;                ///< β [cents/kWh]
  std::vector<double> grid_price;         ///< α, row-major [days][T] [cents/kWh]
  std::vector<double> reserve_price;      ///< π_as, row-major [days][T] [cents/kWh]
  market::Terms terms;                    ///< contract constants, slots T and partner graph
  std::vector<Digest> input_commitments;  ///< one a prosumer: its private inputs, salted
  std::vector<Meter> meters;              ///< contiguous, in order, covering every prosumer
  std::vector<PublicKey> validators;      ///< distinct; more can be voted in (membership.hpp)
  /// K: a meter's decision may serve Func A while it is at most so many iterations old; 0: each
  /// block needs a new one of every meter.
  std::uint32_t staleness = 0;
  std::uint64_t vote_epoch =
      30000;  ///< pending votes lapse after each multiple of it, as in Clique
  /// One a prosumer [micro-cents]; one that has none starts at 0 and may owe without limit, the
  /// others must stay at 0 or above.
  std::vector<std::optional<std::int64_t>> opening_balances;
};

/// The meter that serves the prosumer.
std::uint32_t meter_of(const Genesis& genesis, std::uint32_t prosumer);

/// Canonical encoding (README.md). InputError naming the fault when `genesis` breaks a rule.
Bytes encode(const Genesis& genesis);
/// FormatError for anything that encode would not have written.
Genesis decode_genesis(ByteView bytes);
/// SHA-256 of the encoding: names the run, and is the parent of block 1.
Digest run_id(const Genesis& genesis);

struct MeterRange {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};
/// Even contiguous split: the first `prosumers` mod `meters` meters serve one more.
std::vector<MeterRange> meter_ranges(std::uint32_t prosumers, std::uint32_t meters);

}  // namespace gridtally::ledger
