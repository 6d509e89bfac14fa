#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

#include "archive/column_writer.hpp"
#include "archive/steps.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/error.hpp"
#include "base/test_folder.hpp"

namespace gridtally::archive {

namespace {
double next_after(double value) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) + 1);
}

/// A dataset of `rows` rows of three numbers as steps.
struct Numbers {
  explicit Numbers(std::uint64_t rows) {
    extents.prosumers = 3, extents.slots = 1, extents.iterations = rows;
  }
  Column column{
      "/x", hdf5::Type::u64, {Axis::prosumer, Axis::slot, Axis::iteration}, "1", "x", Coding::steps,
      {},   most_steps_depth};
  Extents extents;
};

std::vector<double> row_of(std::uint64_t row) {
  const auto number = static_cast<double>(row);
  return {number / 3.0, -number, row % 2 == 0 ? 1e-300 : std::numeric_limits<double>::quiet_NaN()};
}

std::vector<std::uint64_t> encode(StepCoder& coder, std::size_t numbers, ledger::ByteView rows) {
  const auto columns = rows.size() / (8 * numbers);
  std::vector<std::uint64_t> steps(columns * numbers);
  for (std::size_t row = 0; row < columns; ++row) {
    coder.encode(rows.subspan(8 * numbers * row, 8 * numbers), row, columns, steps);
  }
  return steps;
}

ledger::Bytes decode(StepCoder& coder, std::size_t numbers,
                     const std::vector<std::uint64_t>& steps) {
  const auto columns = steps.size() / numbers;
  ledger::Bytes rows(8 * steps.size());
  for (std::size_t row = 0; row < columns; ++row) {
    coder.decode(steps, row, columns, std::span(rows).subspan(8 * numbers * row, 8 * numbers));
  }
  return rows;
}

/// Steps of two numbers, the second led by the first; they must lead back to `rows`.
std::vector<std::uint64_t> led(const std::vector<double>& rows) {
  StepCoder in(2, {0, 0});
  StepCoder out(2, {0, 0});
  const auto steps = encode(in, 2, bytes_of(rows));
  EXPECT_EQ(decode(out, 2, steps), ledger::Bytes(bytes_of(rows).begin(), bytes_of(rows).end()));
  return steps;
}
}  // namespace

TEST(Steps, SmallStepsOfEitherSignAreSmallNumbers) {
  const double one = 1.0;
  const std::vector<double> rows{one, next_after(one), one, one};
  StepCoder coder(1);
  const auto steps = encode(coder, 1, bytes_of(rows));
  EXPECT_EQ(steps, (std::vector<std::uint64_t>{2 * std::bit_cast<std::uint64_t>(one), 2, 1, 0}));
}

TEST(Steps, NumbersOfSuccessiveRowsStandTogether) {
  const std::vector<double> rows{0.0, next_after(0.0), 0.0, next_after(0.0)};
  StepCoder coder(2);
  EXPECT_EQ(encode(coder, 2, bytes_of(rows)), (std::vector<std::uint64_t>{0, 0, 2, 0}));
}

TEST(Steps, EveryBitComesBackAcrossCallsOfAnySize) {
  const std::vector<double> rows{0.0,  -0.0,   std::numeric_limits<double>::infinity(),
                                 -1e9, 5e-324, std::bit_cast<double>(~std::uint64_t{0})};
  StepCoder in(1);
  StepCoder out(1);
  for (const std::size_t first : {0U, 1U, 3U}) {
    const auto piece = bytes_of(rows).subspan(8 * first, 8 * (first == 0 ? 1 : first == 1 ? 2 : 3));
    EXPECT_EQ(decode(out, 1, encode(in, 1, piece)), ledger::Bytes(piece.begin(), piece.end()));
  }
}

TEST(Steps, WhoIsLedStepsFromTheChangeOfItsLeader) {
  // Two parts of one number; the second is led by the first: 1 + (4 - 2) is what it becomes.
  const std::vector<double> rows{2.0, 1.0, 4.0, 3.0, 4.0, next_after(3.0)};
  const auto steps = led(rows);
  EXPECT_EQ(steps[4], 0U);
  EXPECT_EQ(steps[5], 2U);
}

TEST(Steps, NumbersWithoutAFiniteGuessStepFromTheRowBefore) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double most = std::numeric_limits<double>::max();
  const std::vector<double> rows{nan, 1.0, most, 1.0, -most, 1.0, nan, next_after(1.0)};
  const auto steps = led(rows);
  EXPECT_EQ((std::vector<std::uint64_t>{steps[5], steps[6], steps[7]}),
            (std::vector<std::uint64_t>{0, 0, 2}));
}

TEST(Steps, EveryPartHasItsOwnLeader) {
  std::mt19937_64 draw(7);
  const std::vector<std::uint64_t> leaders{0, 0, 2, 2, 2};
  ledger::Bytes rows(8 * 15 * 20);
  for (auto& byte : rows) byte = static_cast<std::uint8_t>(draw());
  StepCoder in(15, leaders);
  StepCoder out(15, leaders);
  EXPECT_EQ(decode(out, 15, encode(in, 15, rows)), rows);
}

TEST(Steps, ColumnGivesBackTheRowsItWasGiven) {
  for (const std::uint64_t rows : {0U, 1U, 7U, 8U, 9U, 30U}) {
    const TestFolder folder;
    const Numbers numbers(rows);
    {
      const auto file = hdf5::create_file(folder / "f.h5");
      ColumnWriter writer(file.get(), numbers.column, numbers.extents);
      for (std::uint64_t row = 0; row < rows; ++row) writer.append(bytes_of(row_of(row)));
      writer.finish();
    }
    const hdf5::Reader file{Input(folder / "f.h5")};
    ColumnReader reader(file, numbers.column, numbers.extents);
    for (std::uint64_t row = 0; row < rows; ++row) {
      const auto expected = row_of(row);
      const auto found = reader.next_row();
      EXPECT_TRUE(std::equal(found.begin(), found.end(), bytes_of(expected).begin())) << row;
    }
    EXPECT_THROW(reader.next_row(), FormatError);
  }
}

TEST(Steps, AChunkHoldsAsManyRowsAsThereAreValidatorsEightAtMost) {
  for (const std::uint32_t validators : {1U, 4U, 8U, 20U}) {
    testing::ChainSize size;
    size.validators = validators;
    const auto chain = testing::make_chain(size);
    const auto depth = std::min<std::uint64_t>(validators, 8);
    for (const auto& column : segment_columns(chain.genesis)) {
      EXPECT_EQ(column.depth, column.coding == Coding::steps ? depth : hdf5::any_depth);
    }
  }
  EXPECT_EQ(hdf5::chunk_of({10'000, 24, 30}, 8, 8), (hdf5::Shape{170, 24, 8}));
}

TEST(Steps, MoreRowsThanTheDatasetHasAreRefused) {
  const TestFolder folder;
  const Numbers numbers(2);
  const auto file = hdf5::create_file(folder / "f.h5");
  ColumnWriter writer(file.get(), numbers.column, numbers.extents);
  for (std::uint64_t row = 0; row < 2; ++row) writer.append(bytes_of(row_of(row)));
  EXPECT_THROW(writer.append(bytes_of(row_of(2))), Error);
}

TEST(Steps, FewerRowsThanTheDatasetHasAreRefused) {
  const TestFolder folder;
  const Numbers numbers(10);
  const auto file = hdf5::create_file(folder / "f.h5");
  ColumnWriter writer(file.get(), numbers.column, numbers.extents);
  for (std::uint64_t row = 0; row < 9; ++row) writer.append(bytes_of(row_of(row)));
  EXPECT_THROW(writer.finish(), Error);
}

}  // namespace gridtally::archive
