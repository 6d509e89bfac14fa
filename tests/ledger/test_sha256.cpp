#include <gtest/gtest.h>

#include "ledger/sha256.hpp"

namespace gridtally::ledger {
namespace {

TEST(Sha256, PublishedDigests) {
  EXPECT_EQ(to_hex(sha256(ByteView{})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(Bytes{'a', 'b', 'c'})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PartsEqualTheWhole) {
  const Bytes whole(1000, 7);
  const ByteView view(whole);
  EXPECT_EQ(sha256({view.first(1), view.subspan(1, 998), view.last(1)}), sha256(whole));
  EXPECT_EQ(sha256({view.first(10), view.subspan(10, 20)}), sha256(view.first(30)));
}

TEST(Commitment, EveryInputMatters) {
  const Digest key{1};
  const Digest salt = derive_salt(key, 3, 2, SaltKind::iterate, 9);
  EXPECT_NE(salt, derive_salt(Digest{2}, 3, 2, SaltKind::iterate, 9));
  EXPECT_NE(salt, derive_salt(key, 2, 3, SaltKind::iterate, 9));
  EXPECT_NE(salt, derive_salt(key, 3, 2, SaltKind::schedule, 9));
  EXPECT_NE(salt, derive_salt(key, 3, 2, SaltKind::iterate, 8));
  const Bytes bytes{1, 2};
  EXPECT_NE(commitment(salt, bytes), commitment(key, bytes));
  EXPECT_NE(commitment(salt, bytes), commitment(salt, Bytes{1, 2, 0}));
}

}  // namespace
}  // namespace gridtally::ledger
