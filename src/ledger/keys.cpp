#include "ledger/keys.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::ledger {
namespace {

void start_sodium() {
  static const int status = sodium_init();
  if (status < 0) throw Error("libsodium cannot start: no source of randomness");
}

}  // namespace

SecretKey::SecretKey() {
  start_sodium();
  secret_.reset(static_cast<std::uint8_t*>(sodium_malloc(crypto_sign_SECRETKEYBYTES)));
  if (!secret_) throw Error("no memory for a secret key");
}

void SecretKey::Release::operator()(std::uint8_t* secret) const { sodium_free(secret); }

SecretKey SecretKey::generate() {
  SecretKey key;
  PublicKey unused;
  crypto_sign_keypair(unused.bytes.data(), key.secret_.get());
  return key;
}

SecretKey SecretKey::from_seed(std::span<const std::uint8_t, 32> seed) {
  SecretKey key;
  PublicKey unused;
  crypto_sign_seed_keypair(unused.bytes.data(), key.secret_.get(), seed.data());
  return key;
}

PublicKey SecretKey::public_key() const {
  PublicKey key;
  std::copy_n(secret_.get() + crypto_sign_SEEDBYTES, key.bytes.size(), key.bytes.begin());
  return key;
}

Signature SecretKey::sign(ByteView message) const {
  Signature signature;
  crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(),
                       secret_.get());
  return signature;
}

Digest SecretKey::derive(std::string_view purpose) const {
  ByteWriter prefix;
  prefix.tag("gridtally-derive");
  const ByteView letters(reinterpret_cast<const std::uint8_t*>(purpose.data()), purpose.size());
  return sha256({prefix.bytes(), ByteView(secret_.get(), crypto_sign_SEEDBYTES), letters});
}

std::optional<PublicKey> public_key_from_hex(std::string_view digits) {
  PublicKey key;
  std::size_t length = 0;
  const int status = sodium_hex2bin(key.bytes.data(), key.bytes.size(), digits.data(),
                                    digits.size(), nullptr, &length, nullptr);
  const bool whole = status == 0 && length == key.bytes.size() && digits.size() == 2 * length;
  return whole ? std::optional(key) : std::nullopt;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  start_sodium();
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     key.bytes.data()) == 0;
}

}  // namespace gridtally::ledger
