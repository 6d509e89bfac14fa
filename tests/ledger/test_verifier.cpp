#include <gtest/gtest.h>

#include "ledger/verifier.hpp"

namespace gridtally::ledger {
namespace {

TEST(Verifier, ChecksAGoodSignatureOnce) {
  const SecretKey key = SecretKey::generate();
  const Bytes message{1};
  Verifier verifier;
  const Signature signature = key.sign(message);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(verifier.verify(key.public_key(), message, signature));
  EXPECT_EQ(verifier.checks_done(), 1U);
  EXPECT_EQ(verifier.checks_saved(), 3U);
}

TEST(Verifier, NeverRemembersABadOne) {
  const SecretKey key = SecretKey::generate();
  Verifier verifier;
  const Signature signature = key.sign(Bytes{1});
  EXPECT_TRUE(verifier.verify(key.public_key(), Bytes{1}, signature));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(verifier.verify(key.public_key(), Bytes{2}, signature));
  }
  EXPECT_EQ(verifier.checks_done(), 3U);
}

TEST(Verifier, ForgetsTheOldest) {
  const SecretKey key = SecretKey::generate();
  Verifier verifier(2);
  const auto check = [&](std::uint8_t i) {
    const Bytes message{i};
    return verifier.verify(key.public_key(), message, key.sign(message));
  };
  for (std::uint8_t i = 0; i < 10; ++i) EXPECT_TRUE(check(i));
  EXPECT_TRUE(check(9));
  EXPECT_EQ(verifier.checks_saved(), 1U);
  EXPECT_TRUE(check(0));
  EXPECT_EQ(verifier.checks_done(), 11U);
}

TEST(Verifier, WithoutMemoryChecksEveryTime) {
  const SecretKey key = SecretKey::generate();
  Verifier verifier(0);
  const Signature signature = key.sign(Bytes{1});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(verifier.verify(key.public_key(), Bytes{1}, signature));
  EXPECT_FALSE(verifier.verify(key.public_key(), Bytes{2}, signature));
  EXPECT_EQ(verifier.checks_done(), 3U);
}

TEST(Verifier, ThatTrustsChecksNone) {
  auto verifier = Verifier::trusting();
  EXPECT_TRUE(verifier.verify(SecretKey::generate().public_key(), Bytes{1}, Signature{}));
  EXPECT_EQ(verifier.checks_done(), 0U);
}

}  // namespace
}  // namespace gridtally::ledger
