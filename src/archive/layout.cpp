#include "archive/layout.hpp"

#include <algorithm>
#include <bit>

#include "archive/day_result.hpp"
#include "archive/steps.hpp"
#include "ledger/state.hpp"

namespace gridtally::archive {

using hdf5::Type;

std::string name(Axis axis) {
  switch (axis) {
    case Axis::block:
      return "height";
    case Axis::iteration:
      return "iteration";
    case Axis::kept:
      return "kept";
    case Axis::left_out:
      return "left_out";
    case Axis::round:
      return "round";
    case Axis::meter:
      return "meter";
    case Axis::validator:
      return "validator";
    case Axis::prosumer:
      return "prosumer";
    case Axis::slot:
      return "slot";
    case Axis::arc:
      return "arc";
    case Axis::day:
      return "day";
    case Axis::settled_day:
      return "settled_day";
    case Axis::ballot:
      return "ballot";
    case Axis::payment:
      return "payment";
    case Axis::evidence:
      return "evidence";
    case Axis::byte:
      return "byte";
    case Axis::part:
      return "part";
    case Axis::globals:
      return "globals_byte";
    case Axis::digest:
      return "hash_byte";
    case Axis::signature:
      return "signature_byte";
  }
  return "?";
}

std::uint64_t Extents::of(Axis axis) const {
  switch (axis) {
    case Axis::block:
      return blocks;
    case Axis::iteration:
      return iterations;
    case Axis::kept:
      return iterates.kept(iterations);
    case Axis::left_out:
      return iterations - iterates.kept(iterations);
    case Axis::round:
      return rounds;
    case Axis::meter:
      return meters;
    case Axis::validator:
      return validators;
    case Axis::prosumer:
      return prosumers;
    case Axis::slot:
      return slots;
    case Axis::arc:
      return arcs;
    case Axis::day:
      return days;
    case Axis::settled_day:
      return settled_days;
    case Axis::ballot:
      return ballots;
    case Axis::payment:
      return payments;
    case Axis::evidence:
      return evidence;
    case Axis::byte:
      return evidence_bytes;
    case Axis::part:
      return carried_parts;
    case Axis::globals:
      return globals_bytes;
    case Axis::digest:
      return 32;
    case Axis::signature:
      return 64;
  }
  return 0;
}

hdf5::Shape shape_of(const Column& column, const Extents& extents) {
  hdf5::Shape shape;
  for (const auto axis : column.axes) shape.push_back(extents.of(axis));
  return shape;
}

std::size_t width_of(const Column& column, const Extents& extents) {
  return column.type == Type::text ? extents.name_width : 1;
}

std::string scale_path(Axis axis) { return std::string("/").append(name(axis)); }

Extents segment_extents(const ledger::Genesis& genesis, std::uint64_t iterations,
                        std::uint64_t rounds, const SegmentCounts& counts) {
  Extents extents;
  extents.blocks = iterations + rounds;
  extents.iterations = iterations;
  extents.rounds = rounds;
  extents.meters = genesis.meters.size();
  extents.validators = counts.validators;
  extents.prosumers = genesis.prosumers.size();
  extents.slots = genesis.terms.slots;
  extents.arcs = genesis.terms.graph.arcs();
  extents.ballots = counts.ballots;
  extents.payments = counts.payments;
  extents.evidence = counts.evidence;
  extents.evidence_bytes = counts.evidence_bytes;
  extents.iterates = counts.iterates;
  extents.carried_parts = counts.carried_parts;
  extents.globals_bytes = counts.globals_bytes;
  for (const auto& prosumer : genesis.prosumers) {
    extents.name_width = std::max(extents.name_width, prosumer.size());
  }
  return extents;
}

std::uint64_t max_rounds(const ledger::Genesis& genesis) {
  const std::uint64_t settling = ledger::most_rounds(genesis) + 1;
  if (!(genesis.terms.gap > 0.0)) return settling;
  const auto trials =
      2 + static_cast<std::uint64_t>(genesis.terms.max_iterations / ledger::trial_spacing);
  return settling + ledger::trial_rounds * trials;
}

double no_number() { return std::bit_cast<double>(std::uint64_t{0x7ff8000000000000}); }

bool lists_pairs(const ledger::Genesis& genesis) {
  return genesis.terms.graph.arcs() <= max_listed_arcs;
}

namespace {
using enum Axis;

/// A buyer's changes in trade with all partners are much the same: its first partner's leads.
std::vector<std::uint64_t> first_arcs(const ledger::Genesis& genesis) {
  std::vector<std::uint64_t> leaders;
  if (genesis.terms.form == market::Form::collapsed) return leaders;
  const auto& graph = genesis.terms.graph;
  leaders.reserve(graph.arcs());
  for (std::size_t u = 0; u < graph.prosumers(); ++u) {
    leaders.insert(leaders.end(), graph.partners(u), graph.first(u));
  }
  return leaders;
}

void add_scales(const ledger::Genesis& genesis, std::vector<Column>& out) {
  out.push_back({"/height", Type::u64, {block}, "1", "height of the block"});
  out.push_back({"/iteration", Type::u32, {iteration}, "1", "iteration k of a trading block"});
  out.push_back({"/kept", Type::u32, {kept}, "1", "iteration k that keeps its decisions"});
  out.push_back({"/left_out", Type::u32, {left_out}, "1", "iteration k that does not"});
  out.push_back({"/round", Type::u32, {round}, "1", "round f of a settlement block"});
  out.push_back({"/meter", Type::u32, {meter}, "1", "meter index"});
  out.push_back({"/validator", Type::u32, {validator}, "1", "validator index"});
  out.push_back({"/prosumer", Type::text, {prosumer}, "1", "name of the prosumer"});
  out.push_back({"/slot", Type::u32, {slot}, "1", "slot of the day, from 0"});
  out.push_back({"/hash_byte", Type::u32, {digest}, "1", "byte of a hash or key"});
  out.push_back({"/signature_byte", Type::u32, {signature}, "1", "byte of a signature"});
  if (!lists_pairs(genesis) && genesis.terms.form == market::Form::collapsed) return;
  out.push_back({"/arc", Type::u32, {arc}, "1", "ordered pair of partners"});
  out.push_back({"/arc_from", Type::u32, {arc}, "1", "prosumer index of the buyer u of p_uv"});
  out.push_back({"/arc_to", Type::u32, {arc}, "1", "prosumer index of the partner v of p_uv"});
}

void add_blocks(std::vector<Column>& out) {
  out.push_back({"/blocks/hash", Type::u8, {block, digest}, "1", "block hash"});
  out.push_back({"/blocks/state_root", Type::u8, {block, digest}, "1", "state root after it"});
  out.push_back({"/blocks/phase", Type::u8, {block}, "1", "0 trading, 1 settlement"});
  out.push_back({"/blocks/iteration", Type::u32, {block}, "1", "iteration k or round f"});
  out.push_back({"/blocks/residual", Type::f64, {block}, "kWh", "residual of the stop test"});
  out.push_back({"/blocks/flags", Type::u8, {block}, "1", "1 converged, 2 settled"});
  out.push_back({"/blocks/proposer", Type::u32, {block}, "1", "validator that proposed"});
  out.push_back({"/blocks/consensus_round", Type::u32, {block}, "1", "round of the header"});
  out.push_back({"/blocks/commit_round", Type::u32, {block}, "1", "round of the precommits"});
  out.push_back({"/blocks/proposer_signature",
                 Type::u8,
                 {block, signature},
                 "1",
                 "Ed25519 signature of the proposer"});
  out.push_back({"/blocks/precommitted",
                 Type::u8,
                 {block, validator},
                 "1",
                 "1: the certificate holds this validator's precommit"});
  out.push_back({"/blocks/precommit",
                 Type::u8,
                 {block, validator, signature},
                 "1",
                 "Ed25519 signature of the precommit, else zeros"});
}

/// A chunk holds no more iterations than there are validators, who hold a block each: so that
/// neither who writes nor who reads a day holds more than they do.
void add_transactions(const ledger::Genesis& genesis, std::vector<Column>& out) {
  const auto row = genesis.terms.form == market::Form::collapsed ? prosumer : arc;
  out.push_back({"/transactions/present",
                 Type::u8,
                 {block, meter},
                 "1",
                 "1: the block holds a transaction of this meter"});
  out.push_back({"/transactions/iteration",
                 Type::u32,
                 {block, meter},
                 "1",
                 "iteration k or round f that the meter answers, else 0"});
  out.push_back({"/transactions/nonce",
                 Type::u64,
                 {block, meter},
                 "1",
                 "height of the block that it was made for, less 1"});
  out.push_back({"/transactions/signature",
                 Type::u8,
                 {block, meter, signature},
                 "1",
                 "Ed25519 signature of the meter, else zeros"});
  out.push_back({"/trading/decision",
                 Type::u64,
                 {row, slot, kept},
                 "1",
                 "steps of theta_u, or of p_uv in the pairwise form, [kWh]",
                 Coding::steps,
                 first_arcs(genesis),
                 std::min<std::uint64_t>(genesis.validators.size(), most_steps_depth)});
  out.push_back({"/trading/commitment",
                 Type::u8,
                 {kept, prosumer, digest},
                 "1",
                 "salted hash of the private iterate"});
  out.push_back({"/trading/rows_root",
                 Type::u8,
                 {left_out, meter, digest},
                 "1",
                 "Merkle root of the rows of a transaction, else zeros"});
}

void add_settlement(std::vector<Column>& out) {
  out.push_back({"/settlement/accepted",
                 Type::u8,
                 {round, prosumer},
                 "1",
                 "1: the net trades can be served"});
  out.push_back({"/settlement/change",
                 Type::f64,
                 {round, prosumer, slot},
                 "kWh",
                 "change of net trade asked for"});
  out.push_back(
      {"/settlement/cost", Type::f64, {round, prosumer}, "cents", "cost of the schedule"});
  out.push_back({"/settlement/cost_alone",
                 Type::f64,
                 {round, prosumer},
                 "cents",
                 "cost of the best schedule without trading"});
  out.push_back(
      {"/settlement/bound", Type::f64, {round, prosumer}, "cents", "term of the lower bound"});
  out.push_back({"/settlement/commitment",
                 Type::u8,
                 {round, prosumer, digest},
                 "1",
                 "salted hash of the private schedule"});
}

void add_ballots(std::vector<Column>& out) {
  out.push_back({"/ballots/height", Type::u64, {ballot}, "1", "height of the block that holds it"});
  out.push_back({"/ballots/voter", Type::u32, {ballot}, "1", "validator index"});
  out.push_back({"/ballots/candidate", Type::u8, {ballot, digest}, "1", "Ed25519 public key"});
  out.push_back({"/ballots/add", Type::u8, {ballot}, "1", "1: let in, 0: put out"});
  out.push_back({"/ballots/not_before", Type::u64, {ballot}, "1", "first height that may hold it"});
  out.push_back({"/ballots/nonce", Type::u64, {ballot}, "1", "greater than the voter's earlier"});
  out.push_back(
      {"/ballots/signature", Type::u8, {ballot, signature}, "1", "Ed25519 signature of the voter"});
}

void add_payments(std::vector<Column>& out) {
  out.push_back({"/payments/from", Type::u32, {payment}, "1", "prosumer index of who pays"});
  out.push_back({"/payments/to", Type::u32, {payment}, "1", "prosumer index of who is paid"});
  out.push_back({"/payments/amount", Type::i64, {payment}, "microcents", "moved"});
}

void add_evidence(std::vector<Column>& out) {
  out.push_back({"/evidence/height", Type::u64, {evidence}, "1", "height that it is about"});
  out.push_back({"/evidence/round", Type::u32, {evidence}, "1", "consensus round, 0: a meter's"});
  out.push_back({"/evidence/kind", Type::u8, {evidence}, "1", "kind 0 to 5"});
  out.push_back({"/evidence/accused", Type::u32, {evidence}, "1", "validator or meter index"});
  out.push_back({"/evidence/first_size", Type::u64, {evidence}, "1", "bytes of its first part"});
  out.push_back({"/evidence/second_size", Type::u64, {evidence}, "1", "bytes of its second part"});
  out.push_back({"/evidence/bytes", Type::u8, {byte}, "1", "first and second parts in order"});
}

void add_carried(const ledger::Genesis& genesis, std::vector<Column>& out) {
  const auto row = genesis.terms.form == market::Form::collapsed ? prosumer : arc;
  out.push_back({"/carried/globals",
                 Type::u8,
                 {globals},
                 "1",
                 "leaf 0 of the contract's state after the day's last block"});
  out.push_back({"/carried/iterate",
                 Type::f64,
                 {part, row, slot},
                 "1",
                 "parts of the last iterate that a prosumer's leaf holds"});
}

void add_result(const ledger::Genesis& genesis, std::vector<Column>& out) {
  if (lists_pairs(genesis)) {
    out.push_back({"/result/trade", Type::f64, {arc, slot}, "kWh", "p': u buys from v"});
    out.push_back({"/result/price", Type::f64, {arc, slot}, "cents/kWh", "lambda of the pair"});
  }
  out.push_back({"/result/net_trade", Type::f64, {prosumer, slot}, "kWh", "net purchase s"});
  out.push_back({"/result/premium",
                 Type::f64,
                 {prosumer, slot},
                 "cents/kWh",
                 "q: what energy is worth beyond pi"});
  out.push_back({"/result/bill", Type::i64, {prosumer}, "microcents", "to pay; sums to zero"});
  out.push_back({"/result/balance", Type::i64, {prosumer}, "microcents", "account after the day"});
  out.push_back(
      {"/result/unfunded", Type::u8, {prosumer}, "1", "1: could not have paid, trades cancelled"});
  out.push_back({"/result/cost", Type::f64, {prosumer}, "cents", "cost of the schedule"});
  out.push_back({"/result/cost_alone", Type::f64, {prosumer}, "cents", "cost without trading"});
  out.push_back({"/result/bound", Type::f64, {prosumer}, "cents", "term of the lower bound"});
}
}  // namespace

std::vector<Column> segment_columns(const ledger::Genesis& genesis) {
  std::vector<Column> columns;
  add_scales(genesis, columns);
  add_blocks(columns);
  add_transactions(genesis, columns);
  add_settlement(columns);
  add_ballots(columns);
  add_payments(columns);
  add_evidence(columns);
  add_carried(genesis, columns);
  add_result(genesis, columns);
  columns.push_back({"/tariff/grid_price", Type::f64, {slot}, "cents/kWh", "price of the grid"});
  columns.push_back({"/tariff/reserve_price", Type::f64, {slot}, "cents/kWh", "pay for reserve"});
  columns.push_back({"/measured/commit_time", Type::f64, {block}, "s", "seconds since 1970"});
  return columns;
}

}  // namespace gridtally::archive
