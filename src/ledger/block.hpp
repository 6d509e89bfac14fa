#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "ledger/transaction.hpp"

namespace gridtally::ledger {

/// What is hashed of a block.
struct Header {
  static constexpr std::uint16_t version = 1;
  Digest run_id{};
  Turn turn;
  std::uint32_t round = 0;     ///< consensus round; 0 in a clean run
  std::uint32_t proposer = 0;  ///< validator index
  Digest parent{};             ///< hash of the block before; run id at height 1
  Digest transactions_root{};
  Digest state_root{};    ///< after this block
  double residual = 0.0;  ///< of the iterate after this block [kWh]
  bool converged = false;
  bool settled = false;
  bool operator==(const Header&) const = default;
};

struct Block {
  Header header;
  std::vector<SignedTransaction> transactions;  ///< one a meter, in meter order
  Signature proposer_signature;                 ///< over "gridtally-block" || block hash
  bool operator==(const Block&) const = default;
};

Bytes encode(const Header& header);
Digest block_hash(const Header& header);  ///< SHA-256 of the encoded header
Digest transactions_root(std::span<const SignedTransaction> transactions);
Bytes proposal_bytes(const Digest& block_hash);
Bytes encode(const Block& block);
Block decode_block(ByteView bytes);

enum class Step : std::uint8_t { prevote = 0, precommit = 1 };

struct Vote {
  Step step = Step::prevote;
  Digest run_id{};
  std::uint64_t height = 0;
  std::uint32_t round = 0;
  Digest block_hash{};
  std::uint32_t validator = 0;
  Signature signature;
  bool operator==(const Vote&) const = default;
};
Bytes signed_bytes(const Vote& vote);
Vote sign_vote(Vote vote, const SecretKey& key);

/// Precommits that made a block final, by ascending validator index. Which of them arrive first is
/// chance: stored beside the chain, never hashed.
struct Certificate {
  struct Entry {
    std::uint32_t validator = 0;
    Signature signature;
    bool operator==(const Entry&) const = default;
  };
  std::uint32_t round = 0;
  Digest block_hash{};
  std::vector<Entry> precommits;
  bool operator==(const Certificate&) const = default;
};

struct CommittedBlock {
  Block block;
  Certificate certificate;
  bool operator==(const CommittedBlock&) const = default;
};
Bytes encode(const Certificate& certificate);
Certificate decode_certificate(ByteView bytes);
Bytes encode(const CommittedBlock& committed);
CommittedBlock decode_committed_block(ByteView bytes);

/// ⌊2N/3⌋ + 1.
std::uint32_t quorum(std::uint32_t validators);
/// (height + round) mod N.
std::uint32_t proposer_of(std::uint64_t height, std::uint32_t round, std::uint32_t validators);

/// What validators send each other.
struct Proposal {
  std::shared_ptr<const Block> block;
};
using Message = std::variant<Proposal, Vote>;
Bytes encode(const Message& message);
Message decode_message(ByteView bytes);

}  // namespace gridtally::ledger
