#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/chain.hpp"
#include "ledger/messages.hpp"

namespace gridtally::ledger {

enum class EvidenceKind : std::uint8_t {
  two_offers = 0,   ///< one proposer, one round, two blocks: two offers, each with its header
  two_votes = 1,    ///< one validator, one round, one step, two votes
  wrong_block = 2,  ///< an offer, and its block, which breaks a rule or was executed wrongly
  stray_vote = 3,   ///< a vote for a block, and the offer of another in that round
  refused_transaction = 4,  ///< a transaction in a meter's name that no block may hold, and why
  two_transactions = 5,     ///< one meter, one turn, two transactions
};
std::string_view name(EvidenceKind kind);

/// What someone signed and should not have. Stored beside the chain, as which of it reaches whom is
/// chance. Kinds 0 to 3 accuse validators, 4 and 5 meters. Kind 4 proves nothing against the meter:
/// whoever sent it lacks the key.
struct Evidence {
  static constexpr std::uint16_t version = 1;
  EvidenceKind kind = EvidenceKind::two_votes;
  std::uint64_t height = 0;
  std::uint32_t round = 0;    ///< consensus round; 0 where a meter is accused
  std::uint32_t accused = 0;  ///< validator or meter index
  Bytes first;                ///< kinds 0, 1, 5: the lesser of both byte strings
  Bytes second;
  bool operator==(const Evidence&) const = default;
};
Bytes encode(const Evidence& evidence);
Evidence decode_evidence(ByteView bytes);

Evidence two_offers(const Proposal& first, const Proposal& second);
Evidence two_votes(const Vote& first, const Vote& second);
Evidence wrong_block(const Proposal& proposal);
Evidence stray_vote(const Vote& vote, const Offer& offer);
Evidence refused_transaction(std::uint64_t height, std::uint32_t meter, ByteView transaction,
                             const Fault& fault);
Evidence two_transactions(const SignedTransaction& first, const SignedTransaction& second);

/// Nothing when the evidence shows what its kind says, as far as signatures and bytes tell; else
/// what is wrong with it. `membership` gives the keys: that of any later height will do.
std::optional<Fault> check_evidence(const Genesis& genesis, const Digest& run_id,
                                    const Membership& membership, const Evidence& evidence,
                                    Verifier& verifier);
/// Kind 2 besides, in the state before its height: what is wrong with the block; nothing when it is
/// a good one, so that the accusation is false.
std::optional<Fault> fault_of_block(const Genesis& genesis, const Tip& tip,
                                    const ContractState& state, const Evidence& evidence,
                                    Verifier& verifier);

/// "validator 1 offered two blocks at height 12, round 0", …
std::string describe(const Evidence& evidence);

}  // namespace gridtally::ledger
