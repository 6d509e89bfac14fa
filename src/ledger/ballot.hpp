#pragma once

#include <cstdint>

#include "ledger/keys.hpp"

namespace gridtally::ledger {

/// A validator's word on who should validate: a transaction of its own kind. The rules that count
/// ballots are Membership's.
struct Ballot {
  static constexpr std::uint16_t version = 1;
  Digest run_id{};
  std::uint32_t voter = 0;       ///< validator index
  PublicKey candidate;           ///< whom it is about
  bool add = true;               ///< let in, or put out
  std::uint64_t not_before = 0;  ///< the first height that may hold it
  std::uint64_t nonce = 0;       ///< greater than in each earlier ballot of the voter
  Signature signature;           ///< over "gridtally-ballot" || all before it
  bool operator==(const Ballot&) const = default;
};

Bytes signed_bytes(const Ballot& ballot);
Ballot sign_ballot(Ballot ballot, const SecretKey& key);
Bytes encode(const Ballot& ballot);
Ballot decode_ballot(ByteView bytes);
Digest ballot_id(const Ballot& ballot);  ///< SHA-256 of the encoding

}  // namespace gridtally::ledger
