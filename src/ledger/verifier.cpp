#include "ledger/verifier.hpp"

#include <cstring>

#include "base/stopwatch.hpp"

namespace gridtally::ledger {

Verifier::Verifier(std::size_t capacity) : capacity_(capacity) {}

Verifier Verifier::trusting() {
  Verifier verifier(0);
  verifier.trusts_ = true;
  return verifier;
}

bool Verifier::verify(const PublicKey& key, ByteView message, const Signature& signature) {
  if (trusts_) return true;
  if (capacity_ == 0) {
    ++checks_done_;
    return ledger::verify(key, message, signature);
  }
  const Digest check = sha256({key.bytes, signature.bytes, message});
  if (recent_.contains(check) || older_.contains(check)) {
    ++checks_saved_;
    return true;
  }
  if (!check_signature(key, message, signature)) return false;
  if (recent_.size() >= capacity_) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_.insert(check);
  return true;
}

bool Verifier::check_signature(const PublicKey& key, ByteView message, const Signature& signature) {
  const CpuStopwatch checking(seconds_);
  ++checks_done_;
  return ledger::verify(key, message, signature);
}

std::size_t Verifier::Prefix::operator()(const Digest& digest) const {
  std::size_t prefix = 0;
  std::memcpy(&prefix, digest.data(), sizeof prefix);
  return prefix;
}

}  // namespace gridtally::ledger
