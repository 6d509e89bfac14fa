#include "archive/kept_days.hpp"

#include <algorithm>
#include <utility>

namespace gridtally::archive {

KeptDays::KeptDays(const std::filesystem::path& folder, PrivateFolder& merged,
                   const PrivateExpectation& expected) {
  const auto name = private_file_name(expected.meter);
  const auto found = merged.file_of(expected.meter);
  if (found == name) {
    own_.emplace(folder / name, expected);
    filed_ = own_->settled_days();
  } else if (found) {
    from_merged_ = merged.read(expected);
    filed_ = static_cast<std::uint32_t>(from_merged_->prosumers.at(0).schedules.size());
  }
  later_ = private_days_after(folder, expected, filed_);
}

std::uint32_t KeptDays::days() const { return later_ ? later_->end() : filed_; }

std::vector<PrivateSchedule> KeptDays::next_filed() {
  if (own_) return own_->next().schedules;
  if (from_merged_) return std::move(from_merged_->prosumers.at(next_).schedules);
  return {};
}

std::vector<PrivateSchedule> KeptDays::next(std::uint32_t days) {
  auto schedules = next_filed();
  schedules.resize(std::min(days, filed_));
  for (auto day = filed_; day < days; ++day) schedules.push_back(later_->read(day, next_));
  ++next_;
  return schedules;
}

}  // namespace gridtally::archive
