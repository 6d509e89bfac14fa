#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ledger/bytes.hpp"

namespace gridtally::cluster {

/// What a letter between ranks is, as the formula in README.md counts them.
enum class LetterKind : std::uint8_t {
  transaction,      ///< a meter's word, to each rank of validators
  proposal,         ///< a proposer's block, to each other rank of validators
  vote,             ///< a validator's, to each other rank of validators
  block,            ///< a committed block, to a rank of meters
  acknowledgement,  ///< "I have it", to and from the archivist
  other,            ///< questions, ballots, evidence, the end of a run: none in an iteration
};
constexpr std::size_t letter_kinds = 6;
std::string_view name(LetterKind kind);
/// By the first bytes; `other` also for what is no letter.
LetterKind kind_of(ledger::ByteView letter);

struct Flow {
  std::uint64_t letters = 0;
  std::uint64_t bytes = 0;  ///< of the letters, without what MPI and the network put around them

  void add(std::uint64_t count, std::uint64_t size) {
    letters += count;
    bytes += count * size;
  }
  Flow& operator+=(const Flow& more);
  bool operator==(const Flow&) const = default;
};

/// What one rank has sent to others and received from them.
struct Traffic {
  std::array<Flow, letter_kinds> sent{};
  std::array<Flow, letter_kinds> received{};

  Flow& sent_of(LetterKind kind) { return sent[static_cast<std::size_t>(kind)]; }
  Flow& received_of(LetterKind kind) { return received[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] Flow all_sent() const;
  [[nodiscard]] Flow all_received() const;
  bool operator==(const Traffic&) const = default;
};
ledger::Bytes encode(const Traffic& traffic);
Traffic decode_traffic(ledger::ByteView bytes);

}  // namespace gridtally::cluster
