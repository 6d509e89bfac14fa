#include "archive/private_store.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "archive/kept_days.hpp"
#include "archive/private_writer.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

PrivateStore::PrivateStore(std::filesystem::path folder, const ledger::Genesis& genesis,
                           const std::vector<PrivateFile>& meters)
    : folder_(std::move(folder)), genesis_(genesis), meters_(meters), held_(meters.size()) {}

void PrivateStore::begin() {
  write_private_files(folder_, meters_);
  for (std::size_t m = 0; m < meters_.size(); ++m) remove_file(days_path(m));  // an earlier run's
}

PrivateExpectation PrivateStore::expectation(std::size_t m) const {
  const auto& meter = meters_[m];
  return {meter.run_id,
          meter.meter,
          meter.prosumers.front().prosumer,
          static_cast<std::uint32_t>(meter.prosumers.size()),
          meter.days,
          meter.slots,
          static_cast<std::uint32_t>(genesis_.prosumers.size()),
          static_cast<std::uint32_t>(genesis_.meters.size())};
}

std::filesystem::path PrivateStore::days_path(std::size_t m) const {
  return folder_ / private_days_name(meters_[m].meter);
}

// Reads everything, so that damage is told now and not when a file is written anew. The levels of
// each prosumer's battery after each day.
std::vector<std::vector<double>> PrivateStore::check(PrivateFolder& merged, std::size_t m,
                                                     std::uint32_t sealed,
                                                     std::vector<std::size_t>& repair) {
  KeptDays kept(merged, expectation(m));
  held_[m].days = std::min(kept.days(), sealed);
  if (!kept.in_own_file() || kept.days() > sealed) repair.push_back(m);
  std::vector<std::vector<double>> levels(meters_[m].prosumers.size());
  for (auto& prosumer : levels) {
    const auto own = kept.next(0, held_[m].days);
    for (const auto& schedule : own.schedules) {
      prosumer.push_back(schedule.stored.back());
    }
  }
  return levels;
}

PrivateStore::Standing PrivateStore::go_on(std::uint32_t sealed) {
  std::vector<std::vector<double>> levels;
  std::vector<std::size_t> repair;
  std::vector<std::string> faults;
  PrivateFolder merged(folder_);
  for (std::size_t m = 0; m < meters_.size(); ++m) {
    try {
      auto found = check(merged, m, sealed, repair);
      std::move(found.begin(), found.end(), std::back_inserter(levels));
    } catch (const Error& error) {
      faults.push_back(std::string(error.what()) +
                       ". Put back the file of this run, or take it away: its days are then "
                       "solved once more");
    }
  }
  if (!faults.empty()) throw InputError(faults);
  file_days(repair);
  Standing standing{sealed, {}};
  for (auto& held : held_) {
    held.filed = held.days;
    standing.days = std::min(standing.days, held.days);
  }
  if (standing.days == 0) return standing;
  for (const auto& prosumer : levels) standing.levels.push_back(prosumer[standing.days - 1]);
  return standing;
}

void PrivateStore::append(std::size_t m, std::uint32_t day,
                          std::span<const PrivateSchedule> schedules) {
  const auto path = days_path(m);
  const auto& meter = meters_[m];
  const bool first = held_[m].days == held_[m].filed;
  if (first) remove_file(path);  // one that a crash left
  auto file = first ? File::create(path, 0600) : File::open_append(path);
  if (first) {
    file.write(encode(PrivateDaysHeader{meter.run_id, meter.meter,
                                        static_cast<std::uint32_t>(meter.prosumers.size()),
                                        meter.slots, day}));
  }
  file.write(encode_private_day(day, schedules));
  file.close();
  ++held_[m].days;
}

void PrivateStore::add(std::uint32_t day, const PrivateDay& schedules) {
  std::vector<std::size_t> added;
  std::vector<FirstDay> first;
  std::span<const PrivateSchedule> rest(schedules);
  for (std::size_t m = 0; m < meters_.size(); ++m) {
    const auto own = rest.first(meters_[m].prosumers.size());
    rest = rest.subspan(own.size());
    if (held_[m].days > day) continue;
    if (held_[m].days < day) {
      throw Error("day " + std::to_string(day) + " of " + private_days_name(meters_[m].meter) +
                  " does not follow the " + std::to_string(held_[m].days) + " before it");
    }
    if (day == 0) {
      first.push_back({m, own});
      continue;
    }
    append(m, day, own);
    added.push_back(m);
  }
  const auto is_due = [&](std::size_t m) { return held_[m].days > 2 * held_[m].filed; };
  const auto due = std::partition(added.begin(), added.end(), std::not_fn(is_due));
  std::vector<std::filesystem::path> written;
  std::for_each(added.begin(), due, [&](std::size_t m) { written.push_back(days_path(m)); });
  sync_files(written);
  if (due != added.begin()) sync_folder(folder_);
  file_days({due, added.end()});
  file_first_day(first);
}

// By way of a file of days it would have to be read again.
void PrivateStore::file_first_day(const std::vector<FirstDay>& meters) {
  if (meters.empty()) return;
  std::vector<std::uint32_t> numbers;
  numbers.reserve(meters.size());
  for (const auto& [m, day] : meters) numbers.push_back(meters_[m].meter);
  PrivateTemplates templates;
  replace_private_files(folder_, numbers, [&](const auto& temporary, std::size_t i) {
    const auto& [m, day] = meters[i];
    PrivateFileWriter file(temporary, meters_[m], 1, templates);
    for (std::size_t home = 0; home < day.size(); ++home) {
      auto prosumer = meters_[m].prosumers[home];
      prosumer.schedules = {day[home]};
      file.add(prosumer);
    }
    file.finish();
  });
  for (const auto& [m, day] : meters) held_[m] = {1, 1};
}

void PrivateStore::file_days(const std::vector<std::size_t>& meters) {
  if (meters.empty()) return;
  std::vector<std::uint32_t> numbers;
  numbers.reserve(meters.size());
  for (const auto m : meters) numbers.push_back(meters_[m].meter);
  PrivateFolder merged(folder_);
  PrivateTemplates templates;
  replace_private_files(folder_, numbers, [&](const auto& temporary, std::size_t i) {
    const auto m = meters[i];
    KeptDays kept(merged, expectation(m));
    PrivateFileWriter file(temporary, meters_[m], held_[m].days, templates);
    for (auto prosumer : meters_[m].prosumers) {
      prosumer.schedules = kept.next_schedules(0, held_[m].days);
      file.add(prosumer);
    }
    file.finish();
  });
  for (const auto m : meters) {
    held_[m].filed = held_[m].days;
    remove_file(days_path(m));
  }
  sync_folder(folder_);
}

void PrivateStore::finish() {
  std::vector<std::size_t> behind;
  for (std::size_t m = 0; m < meters_.size(); ++m) {
    if (held_[m].days > held_[m].filed) behind.push_back(m);
    if (held_[m].days == held_[m].filed) remove_file(days_path(m));
  }
  file_days(behind);
}

class PrivateStore::Reading {
 public:
  explicit Reading(const PrivateStore& store) : store_(store), merged_(store.folder_) {}

  std::vector<PrivateSchedule> next() {
    if (left_ == 0) open(next_meter_++);
    --left_;
    return meter_->next_schedules(0, days_);
  }

 private:
  void open(std::size_t m) {
    meter_.emplace(merged_, store_.expectation(m));
    left_ = store_.meters_[m].prosumers.size();
    days_ = store_.held_[m].days;
  }

  const PrivateStore& store_;
  PrivateFolder merged_;
  std::optional<KeptDays> meter_;
  std::size_t next_meter_ = 0;
  std::size_t left_ = 0;  // prosumers of the meter that is open
  std::uint32_t days_ = 0;
};

std::function<std::vector<PrivateSchedule>()> PrivateStore::reading() const {
  return [reading = std::make_shared<Reading>(*this)] { return reading->next(); };
}

// The file of days last: without the meter's own it says nothing, or what the merged one says.
void PrivateStore::remove() {
  for (const auto& meter : meters_) remove_file(folder_ / private_file_name(meter.meter));
  sync_folder(folder_);
  for (std::size_t m = 0; m < meters_.size(); ++m) remove_file(days_path(m));
}

}  // namespace gridtally::archive
