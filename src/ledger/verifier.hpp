#pragma once

#include <cstddef>
#include <unordered_set>

#include "ledger/keys.hpp"

namespace gridtally::ledger {

/// Checks signatures and remembers the good ones by the SHA-256 of (key, signature, message), so
/// that a rank checks each once, however many validators it hosts. Bounded memory. Not thread-safe.
class Verifier {
 public:
  /// Remembers at least the last `capacity` good signatures, at most twice as many. 0: none, and
  /// takes no times, for one who meets each signature once.
  explicit Verifier(std::size_t capacity = 1U << 16);
  /// Takes every signature for good: for blocks whose signatures another process checks.
  static Verifier trusting();

  bool verify(const PublicKey& key, ByteView message, const Signature& signature);

  [[nodiscard]] std::size_t checks_done() const { return checks_done_; }
  [[nodiscard]] std::size_t checks_saved() const { return checks_saved_; }
  [[nodiscard]] double seconds() const { return seconds_; }  ///< processor time of the checks done

 private:
  struct Prefix {
    std::size_t operator()(const Digest& digest) const;
  };
  bool check_signature(const PublicKey& key, ByteView message, const Signature& signature);

  using Known = std::unordered_set<Digest, Prefix>;
  std::size_t capacity_;
  bool trusts_ = false;
  Known recent_;
  Known older_;
  std::size_t checks_done_ = 0;
  std::size_t checks_saved_ = 0;
  double seconds_ = 0.0;
};

}  // namespace gridtally::ledger
