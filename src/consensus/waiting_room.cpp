#include "consensus/waiting_room.hpp"

#include <utility>

namespace gridtally::consensus {

bool WaitingRoom::put(const ledger::Message& message, Address from, std::size_t members) {
  if (!shares_.contains(from) && shares_.size() >= senders) return false;
  Share& share = shares_[from];
  const bool is_vote = std::holds_alternative<ledger::Vote>(message);
  std::size_t& used = is_vote ? share.votes : share.offers;
  if (used >= (is_vote ? votes_a_member * members : offers)) return false;
  ++used;
  entries_.push_back({message, from});
  return true;
}

std::vector<WaitingRoom::Entry> WaitingRoom::clear() {
  shares_.clear();
  return std::exchange(entries_, {});
}

}  // namespace gridtally::consensus
