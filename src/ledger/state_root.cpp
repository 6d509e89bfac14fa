#include "base/crew.hpp"
#include "ledger/leaf_reader.hpp"
#include "ledger/state.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

void write_memory(const market::Acceleration& memory, ByteWriter& writer) {
  writer.u8(memory.extrapolated ? 1 : 0).u32(static_cast<std::uint32_t>(memory.changed));
  writer.f64(memory.square).u32(static_cast<std::uint32_t>(memory.kept()));
  writer.f64s(memory.point_products).f64s(memory.step_products);
}

void write_globals(const Genesis& genesis, const ContractState& state, ByteWriter& writer) {
  writer.u8(static_cast<std::uint8_t>(LeafKind::globals)).u16(leaf_version).raw(state.run_id);
  write_turn(state.turn, writer);
  writer.u8(state.converged ? 1 : 0).u8(state.settled ? 1 : 0);
  writer.u32(static_cast<std::uint32_t>(state.iterate.iteration)).f64(state.iterate.residual);
  writer.f64(state.iterate.rho).u8(state.iterate.at_rest ? 1 : 0);
  write_memory(state.iterate.acceleration, writer);
  writer.u8(state.trial ? 1 : 0).u32(state.rounds).u32(state.first_round);
  writer.u32(static_cast<std::uint32_t>(state.tried)).f64(state.tried_residual);
  writer.u32(state.passed_since);
  writer.u32(static_cast<std::uint32_t>(genesis.prosumers.size()));
  state.membership.encode(writer);
  for (const std::uint64_t nonce : state.ballot_nonces) writer.u64(nonce);
}

/// One prosumer's numbers of a per-decision array of the iterate.
std::span<const double> own(const market::Terms& terms, const std::vector<double>& all,
                            std::size_t u) {
  return std::span(all).subspan(terms.decision_offset(u), terms.decision_size(u));
}

/// The newest point and step; older ones stand in the leaves of the blocks before.
void write_own_memory(const market::Terms& terms, const market::Acceleration& memory, std::size_t u,
                      ByteWriter& writer) {
  if (memory.point == nullptr) return;
  const std::size_t parts = terms.form == market::Form::collapsed ? 2 : 1;
  for (const auto* numbers : {memory.point.get(), memory.step.get()}) {
    for (std::size_t i = 0; i < parts; ++i) {
      const std::size_t at = i * (numbers->size() / parts) + terms.decision_offset(u);
      writer.f64s(std::span(*numbers).subspan(at, terms.decision_size(u)));
    }
  }
}

/// Who stands behind the rows of numbers that follow, so that a leaf can be read alone.
void write_partners(const market::PartnerGraph& graph, std::size_t u, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(graph.partners(u)));
  for (std::size_t arc = graph.first(u); arc < graph.first(u + 1); ++arc) {
    writer.u32(graph.arc(arc).to);
  }
}

void write_settlement(const Genesis& genesis, const ContractState& state, std::size_t u,
                      ByteWriter& writer) {
  const market::Terms& terms = genesis.terms;
  const auto& graph = terms.graph;
  const Answer& answer = state.answers[u];
  write_partners(graph, u, writer);
  writer.f64s(std::span(*state.trades)
                  .subspan(graph.first(u) * terms.slots, graph.partners(u) * terms.slots));
  writer.f64s(std::span(state.net_trades).subspan(u * terms.slots, terms.slots));
  writer.u8(answer.accepted ? 1 : 0)
      .u8(answer.unfunded ? 1 : 0)
      .f64(answer.cost)
      .f64(answer.cost_alone)
      .f64(answer.bound);
  writer.i64(state.settled ? state.bills[u] : 0);
}

void write_trading(const Genesis& genesis, const ContractState& state, std::size_t u,
                   ByteWriter& writer) {
  const market::Terms& terms = genesis.terms;
  writer.u32(state.decided[meter_of(genesis, static_cast<std::uint32_t>(u))]);
  writer.u8(static_cast<std::uint8_t>(terms.form));
  if (terms.form == market::Form::pairwise) write_partners(terms.graph, u, writer);
  writer.u8(genesis.staleness > 0 ? 1 : 0);
  if (genesis.staleness > 0) writer.f64s(own(terms, state.decisions, u));
  writer.f64s(own(terms, state.iterate.first, u));
  writer.f64s(own(terms, state.iterate.second, u));
  writer.u8(state.iterate.acceleration.point != nullptr ? 1 : 0);
  write_own_memory(terms, state.iterate.acceleration, u, writer);
}

// A prosumer's, of [T] numbers in its leaf: the iterate's two, the newest point's and step's, and
// some room.
constexpr std::size_t most_arrays = 7;

void write_prosumer(const Genesis& genesis, const ContractState& state, std::size_t u,
                    ByteWriter& writer) {
  writer.reserve(most_arrays * genesis.terms.slots * sizeof(double));  // while the day is traded
  writer.u8(static_cast<std::uint8_t>(LeafKind::prosumer)).u16(leaf_version);
  writer.u32(static_cast<std::uint32_t>(u)).u8(static_cast<std::uint8_t>(state.turn.phase));
  writer.u32(static_cast<std::uint32_t>(genesis.terms.slots)).i64(state.balances[u]);
  if (state.turn.phase == Phase::settlement) {
    write_settlement(genesis, state, u, writer);
  } else {
    write_trading(genesis, state, u, writer);
  }
}

void write_leaf(const Genesis& genesis, const ContractState& state, std::size_t leaf,
                ByteWriter& writer) {
  if (leaf == 0) return write_globals(genesis, state, writer);
  write_prosumer(genesis, state, leaf - 1, writer);
}

/// Of a leaf in a slot, by the time that hashing them takes.
constexpr std::size_t hash_numbers = 16;

}  // namespace

Bytes state_leaf(const Genesis& genesis, const ContractState& state, std::size_t leaf) {
  ByteWriter writer;
  write_leaf(genesis, state, leaf, writer);
  return writer.take();
}

std::vector<Digest> state_leaf_hashes(const Genesis& genesis, const ContractState& state) {
  std::vector<Digest> leaves(genesis.prosumers.size() + 1);
  const std::size_t numbers = hash_numbers * genesis.terms.slots;
  share_rows(leaves.size(), numbers, [&](std::size_t first, std::size_t last) {
    ByteWriter writer;
    for (std::size_t leaf = first; leaf < last; ++leaf) {
      writer.clear();
      write_leaf(genesis, state, leaf, writer);
      leaves[leaf] = merkle::leaf_hash(writer.bytes());
    }
  });
  return leaves;
}

Digest state_root(const Genesis& genesis, const ContractState& state) {
  return merkle::root(state_leaf_hashes(genesis, state));
}

}  // namespace gridtally::ledger
