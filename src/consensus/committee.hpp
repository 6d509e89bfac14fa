#pragma once

#include <cstdint>
#include <string>

#include "ledger/fault.hpp"
#include "ledger/membership.hpp"
#include "ledger/verifier.hpp"

namespace gridtally::consensus {

/// Who decides one height of one run.
struct Committee {
  ledger::Digest run_id{};
  std::uint64_t height = 0;
  ledger::Membership membership;  ///< before the block of that height

  /// Votes needed; out of reach where nobody is left to vote.
  [[nodiscard]] std::uint32_t quorum() const;
  /// So many members that one of them is honest.
  [[nodiscard]] std::uint32_t one_honest() const;
  /// Good signature of a key that is known, member or not.
  [[nodiscard]] bool signed_by(std::uint32_t validator, ledger::ByteView message,
                               const ledger::Signature& signature,
                               ledger::Verifier& verifier) const;
  /// Why a message is refused.
  [[nodiscard]] ledger::Fault refusal(std::string what, std::string expected,
                                      std::string found) const;
};

}  // namespace gridtally::consensus
