#include "ledger/chain.hpp"

#include <bit>

#include "base/text.hpp"

namespace gridtally::ledger {
namespace {

Fault fault_at(const Turn& turn, std::string what, std::string expected, std::string found) {
  Fault fault;
  fault.height = turn.height;
  fault.day = turn.day;
  fault.what = std::move(what);
  fault.expected = std::move(expected);
  fault.found = std::move(found);
  return fault;
}

std::optional<Fault> compare(const Turn& turn, const char* what, const Digest& expected,
                             const Digest& found) {
  if (expected == found) return std::nullopt;
  return fault_at(turn, what, to_hex(expected), to_hex(found));
}

std::optional<Fault> compare(const Turn& turn, const char* what, std::uint64_t expected,
                             std::uint64_t found) {
  if (expected == found) return std::nullopt;
  return fault_at(turn, what, std::to_string(expected), std::to_string(found));
}

std::uint32_t validator_count(const Genesis& genesis) {
  return static_cast<std::uint32_t>(genesis.validators.size());
}

std::optional<Fault> check_proposer(const Genesis& genesis, const Block& block,
                                    Verifier& verifier) {
  const Header& header = block.header;
  const std::uint32_t due = proposer_of(header.turn.height, header.round, validator_count(genesis));
  if (auto bad = compare(header.turn, "proposer", due, header.proposer)) return bad;
  if (verifier.verify(genesis.validators[due], proposal_bytes(block_hash(header)),
                      block.proposer_signature)) {
    return std::nullopt;
  }
  return fault_at(header.turn, "proposer's signature",
                  "a good one of validator " + std::to_string(due), "a bad one");
}

std::optional<Fault> compare_turn(const Turn& expected, const Turn& found) {
  if (auto bad = compare(expected, "height", expected.height, found.height)) return bad;
  if (auto bad = compare(expected, "day", expected.day, found.day)) return bad;
  if (expected.phase != found.phase) {
    return fault_at(expected, "phase", std::string(name(expected.phase)),
                    std::string(name(found.phase)));
  }
  return compare(expected, "iteration", expected.iteration, found.iteration);
}

std::optional<Fault> compare_result(const Genesis& genesis, const ContractState& next,
                                    const Header& header) {
  const double residual = next.iterate.residual;
  if (std::bit_cast<std::uint64_t>(residual) != std::bit_cast<std::uint64_t>(header.residual)) {
    return fault_at(next.turn, "residual", to_text(residual), to_text(header.residual));
  }
  if (auto bad = compare(next.turn, "converged", next.converged, header.converged)) return bad;
  if (auto bad = compare(next.turn, "settled", next.settled, header.settled)) return bad;
  return compare(next.turn, "state root", state_root(genesis, next), header.state_root);
}

}  // namespace

std::optional<Fault> check_transactions(const Genesis& genesis, const Digest& run_id,
                                        const Block& block, Verifier& verifier) {
  const Turn& turn = block.header.turn;
  const auto& transactions = block.transactions;
  if (auto bad = compare(turn, "transactions", genesis.meters.size(), transactions.size())) {
    return bad;
  }
  for (std::size_t m = 0; m < transactions.size(); ++m) {
    if (auto bad = compare(turn, "meter of a transaction", m, transactions[m].content().meter)) {
      bad->meter = static_cast<std::uint32_t>(m);
      return bad;
    }
    if (auto bad = check_transaction(genesis, run_id, turn, transactions[m], verifier)) return bad;
  }
  return compare(turn, "transactions root", transactions_root(transactions),
                 block.header.transactions_root);
}

std::optional<Fault> check_block_form(const Genesis& genesis, const Digest& run_id,
                                      const Digest& parent, const Block& block,
                                      Verifier& verifier) {
  const Header& header = block.header;
  if (header.turn.height == 0) return fault_at(header.turn, "height", "at least 1", "0");
  if (auto bad = compare(header.turn, "run id", run_id, header.run_id)) return bad;
  if (auto bad = compare(header.turn, "parent", parent, header.parent)) return bad;
  if (auto bad = check_proposer(genesis, block, verifier)) return bad;
  return check_transactions(genesis, run_id, block, verifier);
}

std::optional<Fault> check_certificate(const Genesis& genesis, const Digest& run_id,
                                       const CommittedBlock& committed, Verifier& verifier) {
  const Turn& turn = committed.block.header.turn;
  const Certificate& certificate = committed.certificate;
  const std::uint32_t round = committed.block.header.round;
  const Digest hash = block_hash(committed.block.header);
  if (auto bad = compare(turn, "certificate's block", hash, certificate.block_hash)) return bad;
  if (auto bad = compare(turn, "certificate's round", round, certificate.round)) return bad;
  std::uint64_t least = 0;
  for (const Certificate::Entry& entry : certificate.precommits) {
    if (entry.validator < least || entry.validator >= genesis.validators.size()) {
      return fault_at(turn, "certificate's validator",
                      std::to_string(least) + " to " + std::to_string(validator_count(genesis) - 1),
                      std::to_string(entry.validator));
    }
    least = std::uint64_t{entry.validator} + 1;
    const Vote vote{Step::precommit, run_id,         turn.height, round, hash,
                    entry.validator, entry.signature};
    if (!verifier.verify(genesis.validators[entry.validator], signed_bytes(vote), vote.signature)) {
      return fault_at(turn, "precommit's signature",
                      "a good one of validator " + std::to_string(entry.validator), "a bad one");
    }
  }
  const std::uint32_t needed = quorum(validator_count(genesis));
  if (certificate.precommits.size() >= needed) return std::nullopt;
  return fault_at(turn, "certificate's quorum", "at least " + std::to_string(needed),
                  std::to_string(certificate.precommits.size()));
}

std::optional<Fault> check_execution(const Genesis& genesis, const Block& block,
                                     ContractState& state) {
  const Header& header = block.header;
  if (outcome(genesis, state) != Outcome::running) {
    return fault_at(header.turn, "end of the run",
                    "no block after height " + std::to_string(state.turn.height), "a block");
  }
  if (auto bad = compare_turn(next_turn(genesis, state), header.turn)) return bad;
  ContractState next = apply(genesis, state, block.transactions);
  if (auto bad = compare_result(genesis, next, header)) return bad;
  state = std::move(next);
  return std::nullopt;
}

std::optional<Fault> check_block(const Genesis& genesis, const Digest& parent, ContractState& state,
                                 const CommittedBlock& committed, Verifier& verifier) {
  if (auto bad = check_block_form(genesis, state.run_id, parent, committed.block, verifier)) {
    return bad;
  }
  if (auto bad = check_certificate(genesis, state.run_id, committed, verifier)) return bad;
  return check_execution(genesis, committed.block, state);
}

StateProof prove_prosumer_state(const Genesis& genesis, const ContractState& state,
                                std::uint32_t prosumer) {
  const std::vector<Digest> leaves = state_leaf_hashes(genesis, state);
  const std::size_t leaf = std::size_t{prosumer} + 1;
  std::vector<Digest> path = merkle::inclusion_proof(leaves, leaf);
  return {prosumer, leaves.size(), state_leaf(genesis, state, leaf), std::move(path)};
}

bool verify_prosumer_state(const StateProof& proof, const Digest& state_root) {
  return merkle::verify_inclusion(merkle::leaf_hash(proof.leaf), std::uint64_t{proof.prosumer} + 1,
                                  proof.leaves, proof.path, state_root);
}

}  // namespace gridtally::ledger
