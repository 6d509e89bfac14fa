#pragma once

#include <memory>
#include <vector>

#include "consensus/validator.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::consensus {

/// One validator at height 1, and everyone else's keys. Of four members the proposers of rounds
/// 0, 1, 2, 3 are validators 1, 2, 3, 0.
class Stand {
 public:
  explicit Stand(std::uint32_t me, std::uint32_t members = 4);

  /// Begins again with a record, as after a crash.
  Output restart(ledger::ByteView record);
  Output give(const ledger::Message& message, Address from = 9);
  Output expire(Timer timer) const;

  /// A good block of the due proposer; of different transactions for each variant.
  [[nodiscard]] ledger::Proposal fresh(std::uint32_t round, int variant = 0) const;
  /// The block offered again in a later round, with prevotes of `voters` in `valid_round`.
  [[nodiscard]] ledger::Proposal again(const ledger::Proposal& proposal, std::uint32_t round,
                                       std::uint32_t valid_round,
                                       const std::vector<std::uint32_t>& voters) const;
  [[nodiscard]] ledger::Proposal sign_again(ledger::Proposal proposal) const;
  [[nodiscard]] ledger::Vote vote(ledger::Step step, std::uint32_t round,
                                  const ledger::Digest& block, std::uint32_t voter) const;
  /// Gives the votes of `voters`; all that came of it, in one.
  Output give_votes(ledger::Step step, std::uint32_t round, const ledger::Digest& block,
                    const std::vector<std::uint32_t>& voters);
  [[nodiscard]] ledger::CommittedBlock committed(const ledger::Proposal& proposal,
                                                 const std::vector<std::uint32_t>& voters) const;
  [[nodiscard]] std::string refusal() const;

  ledger::TinyMarket market;
  ledger::Verifier verifier;
  std::unique_ptr<Executor> executor;
  SharedPosition start;
  std::uint32_t me;
  std::unique_ptr<Validator> validator;
};

/// What was said, of that kind.
std::vector<ledger::Vote> votes_in(const Output& output);
std::vector<ledger::Proposal> offers_in(const Output& output);
bool sets(const Output& output, Timer timer);
/// The only vote in `output`; a failure where there is another number.
ledger::Vote only_vote(const Output& output);

inline ledger::Digest hash_of(const ledger::Proposal& proposal) {
  return proposal.offer.block_hash;
}

}  // namespace gridtally::consensus
