#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "consensus/simulator.hpp"
#include "consensus/validator.hpp"
#include "ledger/tiny_market.hpp"

namespace gridtally::consensus {

/// A meter may sign more than one thing: transactions of the next turn, different for each variant.
std::vector<ledger::SignedTransaction> transactions_of(const ledger::TinyMarket& market,
                                                       const ledger::ContractState& state,
                                                       int variant);

/// Holds the keys of all faulty validators and of a meter, reads every message that honest ones
/// send and says to each honest one whatever it likes.
class Adversary {
 public:
  using Send = std::function<void(std::uint32_t to, const ledger::Message& message)>;

  /// `random` and `tally` must outlive it.
  Adversary(const ledger::TinyMarket& market, std::vector<std::uint32_t> faulty,
            std::vector<std::uint32_t> honest, std::mt19937& random, Tally& tally, Send send);

  [[nodiscard]] bool idle() const { return faulty_.empty(); }
  void overhear(const ledger::Message& message);
  /// An honest validator is the first to be in that round, which starts from `position`.
  void offer(const SharedPosition& position, std::uint32_t round);
  void vote(const SharedPosition& position, std::uint32_t round, ledger::Step step);
  /// Something that belongs to no round in particular.
  void disturb(const SharedPosition& position, std::uint32_t round);

 private:
  struct Place {
    std::uint64_t height = 0;
    std::uint32_t round = 0;
    auto operator<=>(const Place&) const = default;
  };
  [[nodiscard]] std::uint32_t below(std::size_t bound);
  bool chance(double probability);
  void note(Incident incident);
  void send_some(const ledger::Message& message, double probability);
  [[nodiscard]] const ledger::SecretKey& key(std::uint32_t validator) const;
  ledger::Proposal make_offer(const Position& position, std::uint32_t round, std::uint32_t proposer,
                              int variant);
  [[nodiscard]] ledger::Proposal offer_again(ledger::Proposal proposal, std::uint32_t round,
                                             std::uint32_t valid_round,
                                             std::uint32_t proposer) const;
  void offer_as(const Position& position, std::uint32_t round, std::uint32_t proposer);
  void equivocate(const Position& position, std::uint32_t round, std::uint32_t proposer);
  void offer_wrong_root(const Position& position, std::uint32_t round, std::uint32_t proposer);
  bool offer_with_prevotes(const Position& position, std::uint32_t round, std::uint32_t proposer);
  ledger::Proposal older_offer(const Position& position, std::uint32_t last,
                               std::uint32_t proposer);
  void offer_with_forged_prevotes(const Position& position, std::uint32_t round,
                                  std::uint32_t proposer);
  [[nodiscard]] ledger::Vote make_vote(const Position& position, std::uint32_t round,
                                       ledger::Step step, const ledger::Digest& block,
                                       std::uint32_t voter) const;
  ledger::Digest any_block(Place place);
  void vote_as(const Position& position, std::uint32_t round, ledger::Step step,
               std::uint32_t voter);
  void forge_vote(const Position& position, std::uint32_t round);
  void forge_certificate(const Position& position, std::uint32_t round);
  void spam_rounds(const Position& position, std::uint32_t round);
  void change_body(const Position& position);
  void replay();

  const ledger::TinyMarket& market_;
  std::vector<std::uint32_t> faulty_;
  std::vector<std::uint32_t> honest_;
  std::mt19937& random_;
  Tally& tally_;
  Send send_;
  bool determined_ = false;  ///< forges prevotes in every turn and votes for the newest offer only
  std::vector<ledger::Message> heard_;
  std::map<Place, std::vector<ledger::Proposal>> offers_;
  std::map<std::pair<Place, ledger::Digest>, std::map<std::uint32_t, ledger::Signature>> prevotes_;
};

}  // namespace gridtally::consensus
