#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "ledger/block.hpp"

namespace gridtally::ledger {

/// A proposer's signed word: this block, in this round. The block's author, and its header's round,
/// are those of the round in which it was made; a later proposer may propose it again.
struct Offer {
  static constexpr std::uint16_t version = 1;
  Digest run_id{};
  std::uint64_t height = 0;
  std::uint32_t round = 0;
  /// The latest round known to its proposer in which a quorum prevoted for this block.
  std::optional<std::uint32_t> valid_round;
  Digest block_hash{};
  std::uint32_t proposer = 0;  ///< validator index
  Signature signature;         ///< over "gridtally-offer" || all before it
  bool operator==(const Offer&) const = default;
};
Bytes signed_bytes(const Offer& offer);
Offer sign_offer(Offer offer, const SecretKey& key);
Bytes encode(const Offer& offer);
Offer decode_offer(ByteView bytes);

/// An offer, its block and, where it has a valid round, that round's quorum of prevotes.
struct Proposal {
  Offer offer;
  std::vector<Certificate::Entry> prevotes;  ///< ascending by validator; empty: no valid round
  std::shared_ptr<const Block> block;
};

/// "My next height is this": whoever has committed it answers with that block. Not signed: it
/// changes nobody's state.
struct Request {
  std::uint64_t height = 0;
};

using Committed = std::shared_ptr<const CommittedBlock>;

/// What validators send each other.
using Message = std::variant<Proposal, Vote, Request, Committed>;
/// The first byte of an encoded message.
enum class MessageKind : std::uint8_t { proposal = 0, vote = 1, request = 2, committed = 3 };
/// Without reading further; nothing where no message begins so.
std::optional<MessageKind> kind_of(ByteView message);
Bytes encode(const Message& message);
Message decode_message(ByteView bytes);
/// The height that a message is about.
std::uint64_t height_of(const Message& message);

}  // namespace gridtally::ledger
