#pragma once

#include <cstdint>
#include <vector>

#include "ledger/ballot.hpp"
#include "ledger/payment.hpp"
#include "ledger/transaction.hpp"

namespace gridtally::ledger {

/// What is hashed of a block.
struct Header {
  static constexpr std::uint16_t version = 2;
  Digest run_id{};
  Turn turn;
  std::uint32_t round = 0;     ///< consensus round in which it was made; 0 in a clean run
  std::uint32_t proposer = 0;  ///< validator index of its author
  Digest parent{};             ///< hash of the block before; run id at height 1
  Digest history{};            ///< RFC 6962 root; leaves are the hashes of heights 0 to the parent
  Digest transactions_root{};  ///< of all that the block holds
  Digest state_root{};         ///< after this block
  double residual = 0.0;       ///< of the iterate after this block [kWh]
  bool converged = false;
  bool settled = false;
  bool operator==(const Header&) const = default;
};

struct Block {
  Header header;
  /// In meter order, at most one a meter: exactly one unless Genesis::staleness allows late ones.
  std::vector<SignedTransaction> transactions;
  std::vector<Ballot> ballots;    ///< ascending by voter, at most one of each
  std::vector<Payment> payments;  ///< made by the contract in the block that settles a day
  Signature proposer_signature;   ///< over "gridtally-block" || block hash
  bool operator==(const Block&) const = default;
};

Bytes encode(const Header& header);
Header decode_header(ByteView bytes);
Digest block_hash(const Header& header);  ///< SHA-256 of the encoded header
/// Merkle root over the transactions' ids, the ballots' ids and the encoded payments.
Digest transactions_root(const Block& block);
Bytes proposal_bytes(const Digest& block_hash);
Bytes encode(const Block& block);
Block decode_block(ByteView bytes);

enum class Step : std::uint8_t { prevote = 0, precommit = 1 };

struct Vote {
  static constexpr std::uint16_t version = 1;
  Step step = Step::prevote;
  Digest run_id{};
  std::uint64_t height = 0;
  std::uint32_t round = 0;
  Digest block_hash{};  ///< all zeros: for no block of this round (nil)
  std::uint32_t validator = 0;
  Signature signature;
  bool operator==(const Vote&) const = default;
  [[nodiscard]] bool is_nil() const { return block_hash == Digest{}; }
};
Bytes signed_bytes(const Vote& vote);
Vote sign_vote(Vote vote, const SecretKey& key);
Bytes encode(const Vote& vote);
Vote decode_vote(ByteView bytes);

/// Precommits that made a block final, by ascending validator index. Which of them arrive first is
/// chance: stored beside the chain, never hashed.
struct Certificate {
  static constexpr std::uint16_t version = 1;
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

}  // namespace gridtally::ledger
