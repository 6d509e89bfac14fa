#include "ledger/leaf_reader.hpp"

#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

void require_kind(LeafKind kind, ByteReader& reader) {
  if (reader.u8() != static_cast<std::uint8_t>(kind)) reader.fail("a leaf of another kind");
  read_version(reader, leaf_version);
}

std::vector<std::uint32_t> read_partners(ByteReader& reader) {
  std::vector<std::uint32_t> partners(reader.count(4));
  for (std::uint32_t& partner : partners) partner = reader.u32();
  return partners;
}

void read_settlement(ProsumerLeaf& leaf, ByteReader& reader) {
  leaf.partners = read_partners(reader);
  leaf.trades = reader.f64s(leaf.partners.size() * leaf.slots);
  leaf.net_trades = reader.f64s(leaf.slots);
  leaf.answer.accepted = reader.boolean();
  leaf.answer.unfunded = reader.boolean();
  leaf.answer.cost = reader.f64();
  leaf.answer.cost_alone = reader.f64();
  leaf.answer.bound = reader.f64();
  leaf.bill = reader.i64();
}

void read_trading(ProsumerLeaf& leaf, ByteReader& reader) {
  leaf.decided = reader.u32();
  leaf.form = reader.boolean() ? market::Form::pairwise : market::Form::collapsed;
  const bool pairwise = leaf.form == market::Form::pairwise;
  if (pairwise) leaf.partners = read_partners(reader);
  const std::size_t numbers = (pairwise ? leaf.partners.size() : 1) * leaf.slots;
  if (reader.boolean()) leaf.decision = reader.f64s(numbers);
  leaf.first = reader.f64s(numbers);
  leaf.second = reader.f64s(numbers);
  if (reader.boolean()) leaf.memory = reader.f64s(numbers * (pairwise ? 2 : 4));
}

/// k, residual, ρ and what Func A remembers.
market::Iterate read_iterate(ByteReader& reader) {
  market::Iterate iterate;
  iterate.iteration = static_cast<int>(reader.u32());
  iterate.residual = reader.f64();
  iterate.rho = reader.f64();
  iterate.at_rest = reader.boolean();
  market::Acceleration& memory = iterate.acceleration;
  memory.extrapolated = reader.boolean();
  memory.changed = static_cast<int>(reader.u32());
  memory.square = reader.f64();
  const std::size_t kept = reader.u32();
  if (kept > 0 && kept > reader.remaining() / (16 * kept)) reader.fail("too many steps kept");
  memory.point_products = reader.f64s(kept * kept);
  memory.step_products = reader.f64s(kept * kept);
  memory.points.resize(kept);
  memory.steps.resize(kept);
  memory.moves.resize(kept);
  return iterate;
}

}  // namespace

ProsumerLeaf read_prosumer_leaf(ByteView bytes) {
  ByteReader reader(bytes, "prosumer's leaf of the state");
  require_kind(LeafKind::prosumer, reader);
  ProsumerLeaf leaf;
  leaf.prosumer = reader.u32();
  leaf.phase = reader.boolean() ? Phase::settlement : Phase::trading;
  leaf.slots = reader.u32();
  leaf.balance = reader.i64();
  if (leaf.phase == Phase::settlement) {
    read_settlement(leaf, reader);
  } else {
    read_trading(leaf, reader);
  }
  reader.finish();
  return leaf;
}

GlobalsLeaf read_globals_leaf(ByteView bytes) {
  ByteReader reader(bytes, "globals' leaf of the state");
  require_kind(LeafKind::globals, reader);
  GlobalsLeaf leaf;
  leaf.run_id = reader.array<32>();
  leaf.turn = read_turn(reader);
  leaf.converged = reader.boolean();
  leaf.settled = reader.boolean();
  leaf.iterate = read_iterate(reader);
  leaf.trial = reader.boolean();
  leaf.rounds = reader.u32();
  leaf.first_round = reader.u32();
  leaf.tried = reader.u32();
  leaf.tried_residual = reader.f64();
  leaf.passed_since = reader.u32();
  leaf.prosumers = reader.u32();
  leaf.membership = Membership::decode(reader);
  leaf.ballot_nonces.resize(leaf.membership.known().size());
  for (std::uint64_t& nonce : leaf.ballot_nonces) nonce = reader.u64();
  reader.finish();
  return leaf;
}

}  // namespace gridtally::ledger
