#include <gtest/gtest.h>

#include <limits>

#include "base/error.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::ledger {
namespace {

TEST(Bytes, LittleEndianAsWritten) {
  ByteWriter writer;
  writer.u8(1).u16(0x0203).u32(0x04050607).f64(1.0).string("ab");
  const Bytes expected{1, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0, 0,   0,  0,
                       0, 0,    0xF0, 0x3F, 2,    0,    0,    0, 'a', 'b'};
  EXPECT_EQ(writer.bytes(), expected);
}

TEST(Bytes, RoundTrip) {
  const std::vector<double> numbers{-0.0, std::numeric_limits<double>::infinity(), 1e-310};
  ByteWriter writer;
  writer.u64(UINT64_MAX).i64(-5).f64s(numbers).blob(Bytes{9, 8});
  ByteReader reader(writer.bytes(), "test");
  EXPECT_EQ(reader.u64(), UINT64_MAX);
  EXPECT_EQ(reader.i64(), -5);
  EXPECT_EQ(reader.f64s(3), numbers);
  const ByteView blob = reader.blob();
  EXPECT_EQ(Bytes(blob.begin(), blob.end()), (Bytes{9, 8}));
  EXPECT_NO_THROW(reader.finish());
}

TEST(ByteReader, HugeCountRefusedBeforeAllocation) {
  const Bytes bytes{0xFF, 0xFF, 0xFF, 0xFF, 0};
  EXPECT_THROW(ByteReader(bytes, "test").count(8), FormatError);
  EXPECT_THROW(ByteReader(bytes, "test").blob(), FormatError);
  EXPECT_THROW(ByteReader(bytes, "test").f64s(SIZE_MAX), FormatError);
  EXPECT_THROW(ByteReader(bytes, "test").string(SIZE_MAX), FormatError);
}

TEST(ByteReader, MessageNamesThingAndOffset) {
  const Bytes bytes{1, 2, 3};
  ByteReader reader(bytes, "block");
  reader.u8();
  try {
    reader.u32();
    FAIL() << "an overrun was read";
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "block, offset 1: 4 bytes needed, 2 left");
  }
}

TEST(ByteReader, TrailingBytesRefused) {
  const Bytes bytes{1, 2};
  ByteReader reader(bytes, "test");
  reader.u8();
  EXPECT_THROW(reader.finish(), FormatError);
}

TEST(ByteReader, FlagOtherThanZeroOrOneRefused) {
  const Bytes bytes{2};
  EXPECT_THROW(ByteReader(bytes, "test").boolean(), FormatError);
}

}  // namespace
}  // namespace gridtally::ledger
