#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/state.hpp"

namespace gridtally::ledger {

/// Everything about a block that needs no contract state, so that blocks can be checked in
/// parallel: run id, parent, proposer's turn and signature, one checked transaction a meter, their
/// root.
std::optional<Fault> check_block_form(const Genesis& genesis, const Digest& run_id,
                                      const Digest& parent, const Block& block, Verifier& verifier);

/// One transaction a meter, in meter order, each fit for the header's turn; their root.
std::optional<Fault> check_transactions(const Genesis& genesis, const Digest& run_id,
                                        const Block& block, Verifier& verifier);

/// Precommits: known validators, ascending, good signatures, a quorum.
std::optional<Fault> check_certificate(const Genesis& genesis, const Digest& run_id,
                                       const CommittedBlock& committed, Verifier& verifier);

/// Re-executes the block on `state`: turn, residual, flags and state root, all compared with ==.
/// The block must have passed check_block_form. On success `state` is the state after the block; on
/// a fault it is left as it was.
std::optional<Fault> check_execution(const Genesis& genesis, const Block& block,
                                     ContractState& state);

/// The three above, in order: what an auditor asks of each block. `parent` is the hash of the block
/// before (run id at height 1).
std::optional<Fault> check_block(const Genesis& genesis, const Digest& parent, ContractState& state,
                                 const CommittedBlock& committed, Verifier& verifier);

/// Func C: one prosumer's part of the state after a block, with its Merkle path.
struct StateProof {
  std::uint32_t prosumer = 0;
  std::uint64_t leaves = 0;
  Bytes leaf;  ///< state_leaf(1 + prosumer)
  std::vector<Digest> path;
};
StateProof prove_prosumer_state(const Genesis& genesis, const ContractState& state,
                                std::uint32_t prosumer);
bool verify_prosumer_state(const StateProof& proof, const Digest& state_root);

}  // namespace gridtally::ledger
