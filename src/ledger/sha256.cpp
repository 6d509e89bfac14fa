#include "ledger/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace gridtally::ledger {
namespace {

ByteView text_view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// OpenSSL's one-shot SHA256() looks the algorithm up at every call, which takes longer than a short
// hash. Here it is looked up once a thread.
class Hasher {
 public:
  Hasher() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    if (algorithm_ == nullptr || context_ == nullptr) throw Error("libcrypto offers no SHA-256");
  }
  ~Hasher() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void begin() { require(EVP_DigestInit_ex2(context_, algorithm_, nullptr)); }
  void update(ByteView bytes) { require(EVP_DigestUpdate(context_, bytes.data(), bytes.size())); }
  Digest finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(context_, digest.data(), nullptr));
    return digest;
  }

  Digest hash(ByteView bytes) {
    begin();
    update(bytes);
    return finish();
  }

 private:
  static void require(int done) {
    if (done != 1) throw Error("libcrypto cannot compute a SHA-256");
  }

  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

Hasher& own_hasher() {
  thread_local Hasher hasher;
  return hasher;
}

}  // namespace

struct Sha256::Context {
  Hasher hasher;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->hasher.begin(); }
Sha256::~Sha256() = default;
void Sha256::update(ByteView bytes) { context_->hasher.update(bytes); }
Digest Sha256::finish() { return context_->hasher.finish(); }

Digest sha256(ByteView bytes) { return own_hasher().hash(bytes); }

Digest sha256(std::initializer_list<ByteView> parts) {
  std::size_t size = 0;
  for (const ByteView part : parts) size += part.size();
  std::array<std::uint8_t, 256> joined;  // one call is worth a short copy
  if (size > joined.size()) {
    Hasher& hasher = own_hasher();
    hasher.begin();
    for (const ByteView part : parts) hasher.update(part);
    return hasher.finish();
  }
  std::uint8_t* end = joined.data();
  for (const ByteView part : parts) end = std::copy(part.begin(), part.end(), end);
  return sha256(ByteView(joined.data(), size));
}

std::string to_hex(const Digest& digest) { return gridtally::to_hex(std::span(digest)); }

Digest derive_salt(const Digest& salt_key, std::uint32_t prosumer, std::uint32_t day, SaltKind kind,
                   std::uint32_t index) {
  ByteWriter writer;
  writer.tag("gridtally-salt").raw(salt_key).u32(prosumer).u32(day);
  writer.u8(static_cast<std::uint8_t>(kind)).u32(index);
  return sha256(writer.bytes());
}

Digest commitment(const Digest& salt, ByteView bytes) {
  return sha256({text_view("gridtally-commit"), salt, bytes});
}

}  // namespace gridtally::ledger
