#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "ledger/messages.hpp"

namespace gridtally::consensus {

using Address = std::uint64_t;  ///< whatever the host knows a sender by

/// Offers and votes that came one height too early. Nothing in them has been checked, so each
/// sender has its own share of the room.
class WaitingRoom {
 public:
  static constexpr std::size_t offers = 2;          ///< a sender
  static constexpr std::size_t votes_a_member = 4;  ///< a sender
  static constexpr std::size_t senders = 1024;

  struct Entry {
    ledger::Message message;
    Address from = 0;
  };
  /// False when the sender's share is used up.
  bool put(const ledger::Message& message, Address from, std::size_t members);
  /// All of them, oldest first; the room is empty then.
  std::vector<Entry> clear();

 private:
  struct Share {
    std::size_t offers = 0;
    std::size_t votes = 0;
  };
  std::vector<Entry> entries_;
  std::map<Address, Share> shares_;
};

}  // namespace gridtally::consensus
