#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/chain.hpp"
#include "ledger/leaf_reader.hpp"

namespace gridtally::ledger {

/// Func C for whoever has no archive: one prosumer's part of the state after one block, with all
/// that ties it to the hash of a later block, the head (PROOF.md).
struct Proof {
  static constexpr std::uint16_t version = 1;
  enum class Question : std::uint8_t {
    day = 0,      ///< bill, balance and net trades of a settled day
    trade = 1,    ///< p' with `partner` on a settled day
    iterate = 2,  ///< the prosumer's iterate after a trading block
  };
  Question question = Question::day;
  std::uint32_t partner = 0;  ///< prosumer index; 0 unless a trade is asked for
  Header header;              ///< of the block that the question is about
  StateProof state;           ///< against its state root

  Header head;                       ///< of the head; equal to `header` when that is the head
  std::vector<Digest> history_path;  ///< of the block in the head's history; empty: it is the head
  Bytes validators;                  ///< leaf 0 of the head's state: holds the validators' keys
  std::vector<Digest> validators_path;
  Certificate certificate;  ///< of the head
};

/// What a proof is made from.
struct ProofSource {
  const Genesis& genesis;
  const Header& header;               ///< of the block
  const ContractState& state;         ///< after it
  const std::vector<Digest>& hashes;  ///< of all blocks, from height 0, the run id
  const CommittedBlock& head;
  const ContractState& head_state;  ///< after the head
};
/// InputError when the block cannot answer the question: another phase, not settled, no partner.
Proof make_proof(const ProofSource& source, std::uint32_t prosumer, Proof::Question question,
                 std::uint32_t partner = 0);

Bytes encode(const Proof& proof);
/// FormatError for anything that encode would not have written.
Proof decode_proof(ByteView bytes);

/// Nothing when the proof holds for the chain that ends in `head`; else the step that failed.
std::optional<std::string> fault_of_proof(const Proof& proof, const Digest& head);

}  // namespace gridtally::ledger
