#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/sha256.hpp"

namespace gridtally::ledger {

struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const PublicKey&) const = default;
};

/// 64 hexadecimal digits; nothing for any other text.
std::optional<PublicKey> public_key_from_hex(std::string_view digits);

struct Signature {
  std::array<std::uint8_t, 64> bytes{};
  bool operator==(const Signature&) const = default;
};

/// Whose key it is.
enum class Role : std::uint8_t { meter = 0, validator = 1 };

/// An Ed25519 secret key in locked memory, zeroed when it goes. Never printed.
class SecretKey {
 public:
  static SecretKey generate();
  static SecretKey from_seed(std::span<const std::uint8_t, 32> seed);

  SecretKey(SecretKey&&) noexcept = default;
  SecretKey& operator=(SecretKey&&) noexcept = default;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;

  [[nodiscard]] PublicKey public_key() const;
  /// Detached Ed25519 signature; a function of key and message alone.
  [[nodiscard]] Signature sign(ByteView message) const;
  /// Secret 32 bytes for another purpose: SHA-256("gridtally-derive" || seed || purpose). The
  /// meters' salt key is derive("salt").
  [[nodiscard]] Digest derive(std::string_view purpose) const;

 private:
  struct Release {
    void operator()(std::uint8_t* secret) const;
  };
  SecretKey();
  friend void write_key(const std::filesystem::path&, Role, std::uint32_t, const SecretKey&);
  std::unique_ptr<std::uint8_t[], Release> secret_;  ///< 64 bytes: seed, public key
};

/// libsodium's crypto_sign_verify_detached, the only verifier of the project.
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

/// "meter-00003", "validator-0": names the file (plus ".key") and stands inside it.
std::string key_name(Role role, std::uint32_t index);

/// Makes `folder` with mode 0700, or refuses one that is open to others (InputError).
void make_key_folder(const std::filesystem::path& folder);
/// Writes a new file of mode 0600 in `folder`; InputError when it exists.
void write_key(const std::filesystem::path& folder, Role role, std::uint32_t index,
               const SecretKey& key);
/// Reads one back. InputError naming the file and the remedy when it is missing or open to others;
/// FormatError when it is not a key file or holds the key of another role or index.
SecretKey read_key(const std::filesystem::path& folder, Role role, std::uint32_t index);

}  // namespace gridtally::ledger
