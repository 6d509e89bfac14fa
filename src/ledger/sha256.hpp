#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "ledger/bytes.hpp"

namespace gridtally::ledger {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 of `bytes`. Thread-safe.
Digest sha256(ByteView bytes);
/// SHA-256 of the parts put end to end.
Digest sha256(std::initializer_list<ByteView> parts);

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void update(ByteView bytes);
  /// Of all pieces put end to end. Nothing may follow.
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Lower-case hexadecimal.
std::string to_hex(const Digest& digest);

/// What a salt is for.
enum class SaltKind : std::uint8_t { input = 0, iterate = 1, schedule = 2 };

/// 32 bytes known only to who holds `salt_key`: SHA-256 of "gridtally-salt" || salt_key || prosumer
/// u32 || day u32 || kind u8 || index u32. `index`: iteration k, or settlement round f, or 0.
Digest derive_salt(const Digest& salt_key, std::uint32_t prosumer, std::uint32_t day, SaltKind kind,
                   std::uint32_t index);

/// Salted commitment to private bytes: SHA-256("gridtally-commit" || salt || bytes).
Digest commitment(const Digest& salt, ByteView bytes);

}  // namespace gridtally::ledger
