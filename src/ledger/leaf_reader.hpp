#pragma once

#include <cstdint>
#include <vector>

#include "ledger/state.hpp"

namespace gridtally::ledger {

inline constexpr std::uint16_t leaf_version = 3;
enum class LeafKind : std::uint8_t { globals = 0, prosumer = 1 };

/// What a prosumer's leaf of the state says (PROOF.md); it can be read without the genesis.
struct ProsumerLeaf {
  std::uint32_t prosumer = 0;
  Phase phase = Phase::trading;
  std::uint32_t slots = 0;   ///< T
  std::int64_t balance = 0;  ///< of the account [micro-cents]
  /// Whom the rows of numbers are about; empty where there is one row, the prosumer's own: in
  /// trading in the collapsed form.
  std::vector<std::uint32_t> partners;

  // Trading.
  std::uint32_t decided = 0;  ///< iteration of its meter's latest decision that Func A has
  market::Form form = market::Form::collapsed;
  std::vector<double> decision;  ///< that decision, where meters may be late
  std::vector<double> first;     ///< Iterate::first, [rows][T]
  std::vector<double> second;    ///< Iterate::second, [rows][T]
  std::vector<double> memory;    ///< last point and step that Func A remembers, if any

  // Settlement.
  std::vector<double> trades;      ///< p' [partners][T] [kWh]
  std::vector<double> net_trades;  ///< s [T] [kWh]
  Answer answer;
  std::int64_t bill = 0;  ///< [micro-cents]; 0 until settled
};
/// FormatError for anything that state_leaf would not have written.
ProsumerLeaf read_prosumer_leaf(ByteView leaf);

/// What the globals' leaf of the state says.
struct GlobalsLeaf {
  Digest run_id{};
  Turn turn;
  bool converged = false;
  bool settled = false;
  /// Numbers about the whole; its arrays, and the points and steps that it remembers, are empty.
  market::Iterate iterate;
  bool trial = false;
  std::uint32_t rounds = 0;
  std::uint32_t first_round = 0;
  std::uint32_t tried = 0;
  double tried_residual = 0.0;
  std::uint32_t passed_since = 0;
  std::uint32_t prosumers = 0;
  Membership membership;
  std::vector<std::uint64_t> ballot_nonces;
};
GlobalsLeaf read_globals_leaf(ByteView leaf);

}  // namespace gridtally::ledger
