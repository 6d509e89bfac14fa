#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "consensus/committee.hpp"
#include "consensus/executor.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::consensus {

/// A proposer's offer of one round, and what its block came to.
struct Held {
  ledger::Proposal proposal;
  bool checked = false;  ///< the block has been executed
  SharedPosition after;  ///< the position after it, where it is good
  bool contradicted = false;

  [[nodiscard]] const ledger::Digest& hash() const { return proposal.offer.block_hash; }
};

/// The offers of one height: the first of each round.
class OfferBook {
 public:
  /// Offers of earlier rounds that are kept, besides those that a caller protects.
  static constexpr std::uint32_t rounds_behind = 4;
  /// Offers of later rounds that are kept of one proposer: its latest.
  static constexpr std::size_t rounds_ahead = 2;

  /// Both must outlive it.
  OfferBook(const Committee& committee, Executor& executor);

  struct Taken {
    bool fresh = false;
    std::optional<ledger::Fault> refusal;
    std::optional<ledger::Evidence> second;  ///< of two blocks offered in one round: told once
  };
  /// Form, turn, signatures, body and prevotes are checked; the block is not executed.
  Taken take(const ledger::Proposal& proposal, std::uint32_t present_round);
  /// Puts in what needs no check: an offer of one's own.
  void put(const ledger::Proposal& proposal);
  /// Lets go of old rounds' offers, but not of `protect`.
  void begin_round(std::uint32_t round, const std::optional<ledger::Digest>& protect);

  Held* find(std::uint32_t round);
  Held* find(const ledger::Digest& block);

 private:
  using Refusal = std::optional<ledger::Fault>;
  [[nodiscard]] Refusal unfit(const ledger::Proposal& proposal) const;
  [[nodiscard]] Refusal wrong_turn(const ledger::Proposal& proposal) const;
  [[nodiscard]] Refusal bad_signature(const ledger::Offer& offer) const;
  [[nodiscard]] Refusal bad_prevotes(const ledger::Proposal& proposal) const;
  [[nodiscard]] bool make_room(const ledger::Offer& offer, std::uint32_t present);
  Taken compare(Held& held, const ledger::Proposal& proposal);

  const Committee& committee_;
  Executor& executor_;
  std::map<std::uint32_t, Held> held_;  ///< by round
};

}  // namespace gridtally::consensus
