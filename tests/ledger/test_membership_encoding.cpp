#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "ledger/clique.hpp"

namespace gridtally::ledger {
namespace {

/// A, B and C; A votes D in; block 1 is B's: 8 + 8 + (4 + 96) + (4 + 12) + (4 + 36) + (4 + 4)
/// bytes.
Bytes small_encoding() {
  Membership membership = of_letters("ABC");
  membership.cast(0, lettered_key('D'), true);
  membership.close_block(1, 1);
  ByteWriter writer;
  membership.encode(writer);
  return writer.take();
}

void expect_refused(const Bytes& bytes, const std::string& what) {
  const auto read = [&] {
    ByteReader reader(bytes, "membership");
    static_cast<void>(Membership::decode(reader));
    reader.finish();
  };
  EXPECT_THROW(read(), FormatError) << what;
}

TEST(Membership, EncodingAsWritten) {
  ByteWriter expected;
  expected.u64(30000).u64(1).u32(3);
  for (const char letter : {'A', 'B', 'C'}) expected.raw(lettered_key(letter).bytes);
  expected.u32(3).u32(0).u32(1).u32(2);
  expected.u32(1).raw(lettered_key('D').bytes).u32(0);
  expected.u32(1).u32(1);
  EXPECT_EQ(small_encoding(), expected.bytes());
}

TEST(Membership, OddBytesRefused) {
  const Bytes good = small_encoding();
  ASSERT_EQ(good.size(), 180U);
  struct Change {
    const char* what;
    std::size_t offset;
    std::vector<std::uint8_t> bytes;
  };
  const std::vector<Change> changes{
      {"no epoch", 0, {0, 0}},
      {"more keys than bytes", 16, {0xFF, 0xFF, 0xFF, 0xFF}},
      {"more members than bytes", 116, {0xFF, 0xFF, 0xFF, 0xFF}},
      {"more votes than bytes", 132, {0xFF, 0xFF, 0xFF, 0xFF}},
      {"more proposers than bytes", 172, {0xFF, 0xFF, 0xFF, 0xFF}},
      {"a key twice", 52, Bytes(32, 'A')},
      {"a member twice", 124, {0}},
      {"a member nobody knows", 128, {3}},
      {"a vote of a stranger", 168, {3}},
      {"a proposer nobody knows", 176, {3}},
      {"a recent proposer before block 1", 8, {0}},
  };
  for (const Change& change : changes) {
    Bytes bytes = good;
    std::copy(change.bytes.begin(), change.bytes.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
    expect_refused(bytes, change.what);
  }
}

TEST(Membership, TornAndTrailingBytesRefused) {
  const Bytes good = small_encoding();
  for (std::size_t size = 0; size < good.size(); ++size) {
    expect_refused(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)),
                   std::to_string(size) + " bytes");
  }
  Bytes longer = good;
  longer.push_back(0);
  expect_refused(longer, "a trailing byte");
}

/// Lists as they may not stand: votes out of order or twice, more recent proposers than ⌊N/2⌋.
TEST(Membership, OddListsRefused) {
  const auto bytes = [](std::string_view candidates, std::uint32_t recent) {
    ByteWriter writer;
    writer.u64(30000).u64(9).u32(2);
    writer.raw(lettered_key('A').bytes).raw(lettered_key('B').bytes).u32(2).u32(0).u32(1);
    writer.u32(static_cast<std::uint32_t>(candidates.size()));
    for (const char letter : candidates) writer.raw(lettered_key(letter).bytes).u32(0);
    writer.u32(recent);
    for (std::uint32_t i = 0; i < recent; ++i) writer.u32(i);
    return writer.take();
  };
  const Bytes good = bytes("CD", 1);
  ByteReader reader(good, "membership");
  EXPECT_EQ(Membership::decode(reader).pending().size(), 2U);
  expect_refused(bytes("DC", 1), "votes out of order");
  expect_refused(bytes("CC", 1), "a vote twice");
  expect_refused(bytes("CD", 2), "two recent proposers of two members");
}

}  // namespace
}  // namespace gridtally::ledger
