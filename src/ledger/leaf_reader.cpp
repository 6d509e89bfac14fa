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

void skip_f64s(std::size_t count, ByteReader& reader) {
  for (std::size_t i = 0; i < count; ++i) reader.f64();
}

/// k, residual, ρ and what Func A remembers.
void skip_iterate(ByteReader& reader) {
  reader.u32();
  skip_f64s(2, reader);
  reader.boolean();
  reader.boolean();
  reader.u32();
  reader.f64();
  const std::size_t kept = reader.u32();
  if (kept > 0 && kept > reader.remaining() / (16 * kept)) reader.fail("too many steps kept");
  skip_f64s(2 * kept * kept, reader);
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
  reader.boolean();
  reader.boolean();
  skip_iterate(reader);
  reader.boolean();
  for (int i = 0; i < 3; ++i) reader.u32();
  reader.f64();
  reader.u32();
  leaf.prosumers = reader.u32();
  leaf.membership = Membership::decode(reader);
  reader.raw(8 * leaf.membership.known().size());
  reader.finish();
  return leaf;
}

}  // namespace gridtally::ledger
