#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "consensus/committee.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::consensus {

/// The votes of one height: each member's first of a round and step, and a second one where an
/// honest member voted the same, so that a quorum which someone else has seen can be seen by all.
/// A vote that comes when its round and step are decided is kept unchecked, and checked only where
/// it is asked for, unless it is for another block.
class VoteBook {
 public:
  /// Rounds ahead of the present one in which votes of one member are kept: its latest.
  static constexpr std::size_t rounds_ahead = 2;

  /// Both must outlive it.
  VoteBook(const Committee& committee, ledger::Verifier& verifier);

  struct Taken {
    bool fresh = false;                      ///< new, and its signature is good
    std::optional<ledger::Fault> refusal;    ///< why it was not taken
    std::optional<ledger::Evidence> second;  ///< it contradicts the first of that step: told once
  };
  Taken take(const ledger::Vote& vote, std::uint32_t present_round);
  /// Puts in what needs no check: a vote of one's own.
  void put(const ledger::Vote& vote);
  /// A member was heard in a round otherwise than by a vote; its signature is known to be good.
  void hear(std::uint32_t member, std::uint32_t round);

  /// For which block, or for none (zeros), a quorum has voted in a round and step.
  [[nodiscard]] std::optional<ledger::Digest> decided(std::uint32_t round, ledger::Step step) const;
  /// Members who have come as far as this step of this round: they voted in it or after it.
  [[nodiscard]] std::uint32_t spoken(std::uint32_t round, ledger::Step step) const;
  /// The latest round that an honest member has reached for certain; 0 at first.
  [[nodiscard]] std::uint32_t reached() const;
  /// The latest round in which the member was heard.
  [[nodiscard]] std::optional<std::uint32_t> heard(std::uint32_t member) const;
  /// Whether a good vote of the member in that round is here, unchecked ones included.
  [[nodiscard]] bool voted(std::uint32_t member, std::uint32_t round) const;
  /// Rounds in which there are votes, ascending.
  [[nodiscard]] std::vector<std::uint32_t> rounds() const;

  /// Signatures under a block in a round and step, ascending by member: those checked so far.
  [[nodiscard]] std::vector<ledger::Certificate::Entry> checked(std::uint32_t round,
                                                                ledger::Step step,
                                                                const ledger::Digest& block) const;
  /// The same with those that were kept unchecked and are good.
  [[nodiscard]] std::vector<ledger::Certificate::Entry> all(std::uint32_t round, ledger::Step step,
                                                            const ledger::Digest& block) const;
  /// Good votes of a round for another block than `block`.
  [[nodiscard]] std::vector<ledger::Vote> votes_for_others(std::uint32_t round,
                                                           const ledger::Digest& block) const;

 private:
  struct Slot {
    ledger::Vote vote;
    bool checked = false;
    bool contradicted = false;
  };
  struct Tally {
    std::map<std::uint32_t, Slot> slots;  ///< by member
    /// Votes of members who contradict themselves, for what another slot holds as well.
    std::map<std::pair<ledger::Digest, std::uint32_t>, ledger::Vote> others;
    std::optional<ledger::Digest> decided;
  };
  using Round = std::array<Tally, 2>;  ///< by step

  [[nodiscard]] bool good(const ledger::Vote& vote) const;
  [[nodiscard]] const Tally* find(std::uint32_t round, ledger::Step step) const;
  [[nodiscard]] std::optional<ledger::Fault> unfit(const ledger::Vote& vote) const;
  [[nodiscard]] std::vector<std::uint32_t> rounds_after(std::uint32_t present,
                                                        std::uint32_t member) const;
  [[nodiscard]] bool too_far(const ledger::Vote& vote, std::uint32_t present) const;
  void make_room(const ledger::Vote& vote, std::uint32_t present);
  Taken insert(const ledger::Vote& vote, std::uint32_t present);
  Taken compare(Tally& tally, Slot& slot, const ledger::Vote& vote);
  static Taken contradict(Slot& slot, const ledger::Vote& vote);
  [[nodiscard]] static std::uint32_t votes_for(const Tally& tally, const ledger::Digest& block);
  void count(Tally& tally, Slot& slot);
  void decide(Tally& tally, const ledger::Digest& block);
  [[nodiscard]] std::vector<ledger::Certificate::Entry> signatures(std::uint32_t round,
                                                                   ledger::Step step,
                                                                   const ledger::Digest& block,
                                                                   bool unchecked) const;
  [[nodiscard]] ledger::Fault bad_signature(const ledger::Vote& vote) const;

  const Committee& committee_;
  ledger::Verifier& verifier_;
  std::map<std::uint32_t, Round> rounds_;
  std::map<std::uint32_t, std::uint32_t> heard_;  ///< by member: its latest round
};

}  // namespace gridtally::consensus
