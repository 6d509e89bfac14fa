#include <gtest/gtest.h>

#include "archive/manifest.hpp"
#include "base/error.hpp"
#include "ledger/merkle.hpp"

namespace gridtally::archive {

namespace {
ledger::SecretKey key_of(std::uint8_t first) {
  const std::array<std::uint8_t, 32> seed{first};
  return ledger::SecretKey::from_seed(seed);
}

Manifest example() {
  Manifest manifest;
  manifest.run_id = ledger::Digest{1};
  manifest.segments = {{"day-0000.h5", ledger::Digest{2}, 1, 5}, {"day-0001.h5", {}, 6, 9}};
  manifest.height = 9;
  manifest.head = ledger::Digest{3};
  manifest.history_root = ledger::Digest{4};
  manifest.signer = key_of(1).public_key();
  return manifest;
}
}  // namespace

TEST(Manifest, ReadsBackAndVerifies) {
  const auto text = sign_manifest(example(), key_of(1));
  EXPECT_EQ(parse_manifest(text), example());
  EXPECT_TRUE(verify_manifest(text, key_of(1).public_key()));
  EXPECT_FALSE(verify_manifest(text, key_of(2).public_key()));
}

TEST(Manifest, AnyChangedLetterIsRefused) {
  auto text = sign_manifest(example(), key_of(1));
  for (auto& letter : text) {
    const char before = letter;
    letter = static_cast<char>(letter ^ 1);
    bool accepted = true;
    try {
      accepted = parse_manifest(text) == example() && verify_manifest(text, key_of(1).public_key());
    } catch (const FormatError&) {
      accepted = false;
    }
    EXPECT_FALSE(accepted) << text;
    letter = before;
  }
}

TEST(Manifest, MissingLineIsNamed) {
  const auto text = sign_manifest(example(), key_of(1));
  try {
    parse_manifest(text.substr(0, text.find("history")));
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "manifest line 6: expected 'history' and 1 fields");
  }
}

TEST(Manifest, HistoryRootIsTheMerkleRootOverBlockHashes) {
  const ledger::Digest genesis{1};
  const ledger::Digest first{2};
  EXPECT_EQ(history_root({genesis, first}),
            ledger::merkle::node_hash(ledger::merkle::leaf_hash(genesis),
                                      ledger::merkle::leaf_hash(first)));
}

}  // namespace gridtally::archive
