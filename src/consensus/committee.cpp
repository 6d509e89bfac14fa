#include "consensus/committee.hpp"

#include <limits>
#include <utility>

namespace gridtally::consensus {

std::uint32_t Committee::quorum() const {
  if (membership.active().empty()) return std::numeric_limits<std::uint32_t>::max();
  return membership.quorum();
}

std::uint32_t Committee::one_honest() const {
  if (membership.active().empty()) return std::numeric_limits<std::uint32_t>::max();
  return membership.tolerated() + 1;
}

bool Committee::signed_by(std::uint32_t validator, ledger::ByteView message,
                          const ledger::Signature& signature, ledger::Verifier& verifier) const {
  const auto& known = membership.known();
  return validator < known.size() && verifier.verify(known[validator], message, signature);
}

ledger::Fault Committee::refusal(std::string what, std::string expected, std::string found) const {
  ledger::Fault fault;
  fault.height = height;
  fault.what = std::move(what);
  fault.expected = std::move(expected);
  fault.found = std::move(found);
  return fault;
}

}  // namespace gridtally::consensus
