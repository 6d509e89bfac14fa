#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace gridtally {
namespace {

TEST(Text, ShortestTextReadsBackToTheSameDouble) {
  for (const double value : {0.1, 1e-6, -2.5, 1.0 / 3.0, 5e-324, 1.7976931348623157e308}) {
    EXPECT_EQ(parse_double(to_text(value)), value) << to_text(value);
  }
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(1e-6), "1e-06");
  EXPECT_EQ(to_text(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(Text, NegativeZeroKeepsItsSign) {
  const auto value = parse_double(to_text(-0.0));
  ASSERT_TRUE(value);
  EXPECT_TRUE(std::signbit(*value));
}

TEST(Text, FixedRoundsToTheGivenDigits) {
  EXPECT_EQ(to_fixed(2.125, 2), "2.12");
  EXPECT_EQ(to_fixed(-1234.5678, 1), "-1234.6");
  EXPECT_EQ(to_fixed(3.0, 0), "3");
}

TEST(Text, ParsersRefuseWhatIsLeftOver) {
  for (const char* text : {"", " 1", "1 ", "1,5", "0x10", "one", "1.5kWh"}) {
    EXPECT_FALSE(parse_double(text)) << "'" << text << "'";
    EXPECT_FALSE(parse_integer(text)) << "'" << text << "'";
  }
  EXPECT_FALSE(parse_integer("1.5"));
  EXPECT_EQ(parse_integer("-42"), -42);
}

TEST(Text, IntegerTooLargeIsRefused) { EXPECT_FALSE(parse_integer("9223372036854775808")); }

TEST(Text, DoubleOutOfRangeIsRefused) { EXPECT_FALSE(parse_double("1e400")); }

TEST(Text, TrimmedRemovesBlanksAtBothEndsOnly) {
  EXPECT_EQ(trimmed(" \ta b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Text, SplitKeepsEmptyFields) {
  EXPECT_EQ(split("a, b ,,c,", ','), (std::vector<std::string_view>{"a", "b", "", "c", ""}));
  EXPECT_EQ(split("", ',').size(), 1U);
}

TEST(Text, HexGoesThereAndBack) {
  const std::vector<std::uint8_t> bytes{0x00, 0x7f, 0x80, 0xff};
  EXPECT_EQ(to_hex(bytes), "007f80ff");
  EXPECT_EQ(from_hex("007F80ff"), bytes);
  EXPECT_EQ(from_hex(""), std::vector<std::uint8_t>{});
}

TEST(Text, BadHexIsRefused) {
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex("0x"));
}

}  // namespace
}  // namespace gridtally
