#include "audit/private_files.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace gridtally::audit {

namespace {

// Profiles may reach further than the days run, but not without end.
constexpr std::uint32_t most_days = 3660;

/// Of a schedule in memory: twelve vectors, each with what the allocator adds, and its totals.
std::size_t bytes_of_schedule(std::size_t slots) { return 12 * (8 * slots + 40) + 64; }

}  // namespace

PrivateFiles::PrivateFiles(std::filesystem::path folder_or_file, const ledger::Genesis& genesis,
                           std::size_t room)
    : place_(std::move(folder_or_file)), genesis_(genesis), room_(room) {}

bool PrivateFiles::is_one_file() const {
  std::error_code unreadable;
  return std::filesystem::is_regular_file(place_, unreadable);
}

/// The meters of all files that are there, in order.
std::optional<Finding> PrivateFiles::find(std::vector<std::uint32_t>& given) const {
  const auto meters = genesis_.meters.size();
  if (is_one_file()) {
    try {
      given.push_back(archive::meter_of_private_file(place_));
    } catch (const Error& error) {
      return not_auditable(place_.string(), "private file", error.what());
    }
    if (given[0] < meters) return std::nullopt;
    return not_auditable(place_.string(), "private file",
                         "one of meter " + std::to_string(given[0]) + "; this run has " +
                             std::to_string(meters) + " meters");
  }
  const archive::PrivateFolder folder(place_);
  for (std::uint32_t m = 0; m < meters; ++m) {
    if (folder.file_of(m)) given.push_back(m);
  }
  if (!given.empty()) return std::nullopt;
  return not_auditable(place_.string(), "private files",
                       "none of this run's " + std::to_string(meters) +
                           " meters; give the folder that gridtally-solve named as its private "
                           "files, or one meter's file");
}

archive::PrivateExpectation PrivateFiles::expectation(std::uint32_t meter) const {
  const auto& of = genesis_.meters[meter];
  return {ledger::run_id(genesis_),
          meter,
          of.first,
          of.count,
          std::max(genesis_.days, most_days),
          static_cast<std::uint32_t>(genesis_.terms.slots),
          static_cast<std::uint32_t>(genesis_.prosumers.size()),
          static_cast<std::uint32_t>(genesis_.meters.size())};
}

archive::KeptDays PrivateFiles::kept(archive::PrivateFolder& folder, std::uint32_t meter) const {
  if (is_one_file()) return {place_, expectation(meter)};
  return {folder, expectation(meter)};
}

/// Does it; what it throws is said of the meter's file.
template <class Read>
std::optional<Finding> PrivateFiles::naming(std::uint32_t meter, const Read& read) const {
  try {
    read();
    return std::nullopt;
  } catch (const Error& error) {
    const auto name = is_one_file() ? std::nullopt : archive::PrivateFolder(place_).file_of(meter);
    auto bad = not_auditable(name.value_or(place_.string()), "private file", error.what());
    bad.meter = meter;
    return bad;
  }
}

std::optional<Finding> PrivateFiles::open(const Share& part) {
  std::vector<std::uint32_t> given;
  if (auto bad = find(given)) return bad;
  const auto first = part.first(given.size());
  const auto last = part.last(given.size());
  std::size_t homes = 0;
  for (auto i = first; i < last; ++i) homes += genesis_.meters[given[i]].count;
  const auto day = std::max<std::size_t>(1, homes) * bytes_of_schedule(genesis_.terms.slots);
  most_ = static_cast<std::uint32_t>(std::clamp<std::size_t>(room_ / day, 1, most_days));
  archive::PrivateFolder folder(place_);
  for (auto i = first; i < last; ++i) {
    if (auto bad = naming(given[i], [&] { add(kept(folder, given[i]), given[i]); })) return bad;
  }
  return std::nullopt;
}

void PrivateFiles::add(archive::KeptDays from, std::uint32_t meter) {
  auto about = from.about();
  auto& days = schedules_.emplace_back();
  for (std::uint32_t row = 0; row < genesis_.meters[meter].count; ++row) {
    auto prosumer = from.next(0, most_);
    days.push_back(std::exchange(prosumer.schedules, {}));
    about.prosumers.push_back(std::move(prosumer));
  }
  days_.push_back(days.empty() ? 0 : from.days());
  meters_.push_back(std::move(about));
}

std::optional<Finding> PrivateFiles::go_to(std::uint32_t day) {
  const auto end = first_ + most_;
  if (day >= first_ && day < end) return std::nullopt;
  if (day >= end && std::ranges::all_of(days_, [&](auto days) { return days <= end; })) {
    return std::nullopt;  // none has it
  }
  first_ = day;
  archive::PrivateFolder folder(place_);
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const auto meter = meters_[i].meter;
    if (auto bad = naming(meter, [&] { read_again(kept(folder, meter), i); })) return bad;
  }
  return std::nullopt;
}

void PrivateFiles::read_again(archive::KeptDays from, std::size_t i) {
  if (from.days() < days_[i]) {
    throw FormatError("changed while it was audited: " + std::to_string(from.days()) +
                      " days, of " + std::to_string(days_[i]) + " before");
  }
  const auto end = std::min(days_[i], first_ + most_);
  for (auto& days : schedules_[i]) {
    days = {};
    days = from.next_schedules(std::min(first_, end), end);
  }
}

const archive::PrivateSchedule* PrivateFiles::schedule(std::size_t i, std::size_t row,
                                                       std::uint32_t day) const {
  const auto& days = schedules_[i][row];
  return day < days_[i] && day - first_ < days.size() ? &days[day - first_] : nullptr;
}

}  // namespace gridtally::audit
