#include "archive/private_days.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "archive/private_layout.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::string_view header_tag = "gridtally-days";
constexpr std::uint64_t digest_bytes = std::tuple_size_v<ledger::Digest>;
constexpr std::uint64_t header_bytes = header_tag.size() + 18 + 2 * digest_bytes;
constexpr std::uint64_t day_bytes = 4;

/// Of one prosumer's day.
std::uint64_t schedule_bytes(std::uint64_t slots) {
  constexpr auto fields = schedule_fields.size() + multiplier_fields.size();
  constexpr auto totals = schedule_totals.size() + multiplier_totals.size();
  return (fields * slots + totals) * sizeof(double);
}

ledger::Bytes sealed_with_digest(ledger::ByteWriter& out) {
  const auto digest = ledger::sha256(out.bytes());
  return out.raw(digest).take();
}

void require_same(const Input& input, const char* what, const std::string& expected,
                  const std::string& found) {
  if (expected == found) return;
  throw FormatError(input.name() + ": " + what + ": expected " + expected + ", found " + found);
}
}  // namespace

std::string private_days_name(std::uint32_t meter) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "meter-%05u.days", meter);
  return name.data();
}

ledger::Bytes encode(const PrivateDaysHeader& header) {
  ledger::ByteWriter out;
  out.tag(header_tag).u16(PrivateDaysHeader::version).raw(header.run_id).u32(header.meter);
  out.u32(header.prosumers).u32(header.slots).u32(header.first_day);
  return sealed_with_digest(out);
}

ledger::Bytes encode_private_day(std::uint32_t day, std::span<const PrivateSchedule> schedules) {
  ledger::ByteWriter out;
  out.u32(day);
  for (const auto& schedule : schedules) {
    for_each_schedule_field(
        [&](const std::string&, const ScheduleField& field) { out.f64s(schedule.*field.member); });
    for_each_schedule_total(
        [&](const std::string&, const ScheduleTotal& total) { out.f64(schedule.*total.member); });
  }
  return sealed_with_digest(out);
}

PrivateDaysReader::PrivateDaysReader(Input input, const PrivateExpectation& expected)
    : input_(std::move(input)), prosumers_(expected.prosumers), slots_(expected.slots) {
  if (!read_header(expected)) return;
  end_ = first_;
  while (end_ < expected.max_days && is_whole(end_)) ++end_;
}

bool PrivateDaysReader::read_header(const PrivateExpectation& expected) {
  ledger::Bytes bytes(header_bytes);
  if (input_.read_at(0, bytes) < bytes.size()) return false;
  ledger::ByteReader in(bytes, input_.name());
  const auto body = ledger::ByteView(bytes).first(header_bytes - digest_bytes);
  const auto digest = ledger::sha256(body);
  if (!std::equal(digest.begin(), digest.end(), bytes.end() - digest_bytes)) return false;
  const auto tag = in.raw(header_tag.size());
  require_same(input_, "tag", std::string(header_tag), std::string(tag.begin(), tag.end()));
  require_same(input_, "version", std::to_string(PrivateDaysHeader::version),
               std::to_string(in.u16()));
  require_same(input_, "run_id", ledger::to_hex(expected.run_id),
               ledger::to_hex(in.array<digest_bytes>()));
  require_same(input_, "meter", std::to_string(expected.meter), std::to_string(in.u32()));
  require_same(input_, "prosumers", std::to_string(prosumers_), std::to_string(in.u32()));
  require_same(input_, "slots", std::to_string(slots_), std::to_string(in.u32()));
  first_ = in.u32();
  return true;
}

std::uint64_t PrivateDaysReader::offset_of(std::uint32_t day) const {
  const auto bytes = day_bytes + prosumers_ * schedule_bytes(slots_) + digest_bytes;
  return header_bytes + std::uint64_t{day - first_} * bytes;
}

bool PrivateDaysReader::is_whole(std::uint32_t day) const {
  auto offset = offset_of(day);
  if (input_.size() < offset_of(day + 1)) return false;
  ledger::Sha256 hash;
  const auto read = [&](std::uint64_t size) {
    ledger::Bytes bytes(size);
    bytes.resize(input_.read_at(offset, bytes));
    offset += bytes.size();
    return bytes;
  };
  const auto number = read(day_bytes);
  hash.update(number);
  for (std::uint32_t i = 0; i < prosumers_; ++i) hash.update(read(schedule_bytes(slots_)));
  const auto digest = hash.finish();
  return std::ranges::equal(read(digest_bytes), digest) &&
         ledger::ByteReader(number, input_.name()).u32() == day;
}

PrivateSchedule PrivateDaysReader::read(std::uint32_t day, std::uint32_t prosumer) const {
  ledger::Bytes bytes(schedule_bytes(slots_));
  if (input_.read_at(offset_of(day) + day_bytes + prosumer * bytes.size(), bytes) < bytes.size()) {
    throw FormatError(input_.name() + ": day " + std::to_string(day) + " is not there any more");
  }
  ledger::ByteReader in(bytes, input_.name());
  PrivateSchedule schedule;
  for_each_schedule_field([&](const std::string&, const ScheduleField& field) {
    schedule.*field.member = in.f64s(slots_);
  });
  for_each_schedule_total(
      [&](const std::string&, const ScheduleTotal& total) { schedule.*total.member = in.f64(); });
  return schedule;
}

std::optional<PrivateDaysReader> private_days_after(const std::filesystem::path& folder,
                                                    const PrivateExpectation& expected,
                                                    std::size_t settled) {
  const auto path = folder / private_days_name(expected.meter);
  if (!std::filesystem::exists(std::filesystem::symlink_status(path))) return std::nullopt;
  PrivateDaysReader days(Input(path), expected);
  if (days.first() > settled || days.end() <= settled) return std::nullopt;
  return days;
}

}  // namespace gridtally::archive
