#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "archive/input.hpp"
#include "archive/private_file.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive {

/// "meter-00003.days": the days that were settled since the meter's file was written (FORMAT.md).
std::string private_days_name(std::uint32_t meter);

/// What a file of days begins with: the days in it count from `first_day`.
struct PrivateDaysHeader {
  static constexpr std::uint16_t version = 1;
  ledger::Digest run_id{};
  std::uint32_t meter = 0;
  std::uint32_t prosumers = 0;
  std::uint32_t slots = 0;
  std::uint32_t first_day = 0;
};
ledger::Bytes encode(const PrivateDaysHeader& header);
/// One day, `schedules` of each prosumer in order.
ledger::Bytes encode_private_day(std::uint32_t day, std::span<const PrivateSchedule> schedules);

/// Days up to the first that is not whole: a crash cut it off, with all that follows. Of a file
/// whose header is cut off there are none.
class PrivateDaysReader {
 public:
  /// Reads the file once, a prosumer's day at a time. FormatError when it is of another run, meter
  /// or size.
  PrivateDaysReader(Input input, const PrivateExpectation& expected);

  /// The days [first, end).
  [[nodiscard]] std::uint32_t first() const { return first_; }
  [[nodiscard]] std::uint32_t end() const { return end_; }
  /// Of `prosumer`, counted from 0 within the meter.
  [[nodiscard]] PrivateSchedule read(std::uint32_t day, std::uint32_t prosumer) const;

 private:
  [[nodiscard]] bool read_header(const PrivateExpectation& expected);
  [[nodiscard]] std::uint64_t offset_of(std::uint32_t day) const;
  [[nodiscard]] bool is_whole(std::uint32_t day) const;

  Input input_;
  std::uint32_t prosumers_;
  std::uint32_t slots_;
  std::uint32_t first_ = 0;
  std::uint32_t end_ = 0;
};

/// The file of days in `folder` that goes on from a file of `settled` days; nothing when there is
/// none, or when days between them are missing: then it says nothing.
std::optional<PrivateDaysReader> private_days_after(const std::filesystem::path& folder,
                                                    const PrivateExpectation& expected,
                                                    std::size_t settled);

}  // namespace gridtally::archive
