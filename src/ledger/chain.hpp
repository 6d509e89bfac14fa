#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/state.hpp"
#include "ledger/tip.hpp"

namespace gridtally::ledger {

// A block is good when check_form, check_certificate and check_execution find no fault. The first
// two need no contract state but the validators' keys, so that blocks can be checked in parallel
// as long as no block between them holds a ballot.

/// Run id, the author's signature, each transaction's and ballot's form and signature, their order,
/// their root.
std::optional<Fault> check_form(const Genesis& genesis, const Digest& run_id,
                                const Membership& membership, const Block& block,
                                Verifier& verifier);

/// check_form in three parts, for one who checks the transactions of a large block on several
/// threads: what comes before them, check_transaction (transaction.hpp) of each, and what comes
/// after. The first fault in that order is check_form's.
std::optional<Fault> check_heading(const Genesis& genesis, const Digest& run_id,
                                   const Membership& membership, const Block& block,
                                   Verifier& verifier);
std::optional<Fault> check_ending(const Digest& run_id, const Membership& membership,
                                  const Block& block, Verifier& verifier);

/// Precommits: of members, ascending, good signatures, a quorum.
std::optional<Fault> check_certificate(const Digest& run_id, const Membership& membership,
                                       const CommittedBlock& committed, Verifier& verifier);

/// Whether the block may follow `tip` in `state`: parent, history, turn, proposer's turn, late
/// decisions, the transactions' parents, ballots. It must have passed check_form. Everything but
/// the execution.
std::optional<Fault> check_place(const Genesis& genesis, const Tip& tip, const ContractState& state,
                                 const Block& block);

/// Whether a process compares a block's state root, or another one does.
enum class StateRoot : std::uint8_t { compared, trusted };

/// check_place, then re-executes the block on `state`: payments, residual, flags and state root,
/// all compared with ==. On success `tip` and `state` are those after the block; on a fault they
/// are left as they were.
std::optional<Fault> check_execution(const Genesis& genesis, const Block& block, Tip& tip,
                                     ContractState& state, StateRoot root = StateRoot::compared);

/// The three above, in order: what an auditor asks of each block.
std::optional<Fault> check_block(const Genesis& genesis, const CommittedBlock& committed, Tip& tip,
                                 ContractState& state, Verifier& verifier);

/// What a block is to hold, by whom and in which round it is made.
struct Draft {
  std::uint32_t proposer = 0;
  std::uint32_t round = 0;
  std::vector<SignedTransaction> transactions;  ///< in meter order
  std::vector<Ballot> ballots;                  ///< ascending by voter, at most one of each
};
/// The draft executed: the signed block and the state after it. Nothing is checked.
std::pair<Block, ContractState> make_block(const Genesis& genesis, const Tip& tip,
                                           const ContractState& state, Draft draft,
                                           const SecretKey& key);

/// Of `ballots`, in any order: those that may stand in the next block, in its order; of each voter
/// the one with the least nonce.
std::vector<Ballot> due_ballots(const ContractState& state, std::vector<Ballot> ballots);

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
