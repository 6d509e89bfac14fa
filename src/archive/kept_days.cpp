#include "archive/kept_days.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::archive {

KeptDays::KeptDays(PrivateFolder& folder, const PrivateExpectation& expected) {
  if (const auto found = folder.file_of(expected.meter)) {
    file_ = folder.open(expected);
    filed_ = file_->settled_days();
    own_ = found == private_file_name(expected.meter);
  }
  if (expected.prosumers > 0) later_ = private_days_after(folder.path(), expected, filed_);
}

KeptDays::KeptDays(const std::filesystem::path& path, const PrivateExpectation& expected)
    : file_(std::make_unique<PrivateFileReader>(path, expected)),
      filed_(file_->settled_days()),
      own_(true) {
  if (expected.prosumers == 0 || path.filename() != private_file_name(expected.meter)) return;
  later_ = private_days_after(path.parent_path(), expected, filed_);
}

PrivateFile KeptDays::about() const {
  if (!file_) throw IoError("no file of the meter is there");
  return file_->about();
}

std::uint32_t KeptDays::days() const { return later_ ? later_->end() : filed_; }

PrivateProsumer KeptDays::next(std::uint32_t first, std::uint32_t end) {
  auto prosumer =
      file_ ? file_->next(std::min(first, filed_), std::min(end, filed_)) : PrivateProsumer{};
  add_later(first, end, prosumer.schedules);
  return prosumer;
}

PrivateDays KeptDays::next_schedules(std::uint32_t first, std::uint32_t end) {
  auto schedules =
      file_ ? file_->next_schedules(std::min(first, filed_), std::min(end, filed_)) : PrivateDays{};
  add_later(first, end, schedules);
  return schedules;
}

void KeptDays::add_later(std::uint32_t first, std::uint32_t end, PrivateDays& schedules) {
  for (auto day = std::max(first, filed_); day < std::min(end, days()); ++day) {
    schedules.push_back(later_->read(day, next_));
  }
  ++next_;
}

namespace {
PrivateFile whole(KeptDays kept, const PrivateExpectation& expected) {
  auto content = kept.about();
  for (std::uint32_t i = 0; i < expected.prosumers; ++i) {
    content.prosumers.push_back(kept.next(0, kept.days()));
  }
  return content;
}
}  // namespace

PrivateFile PrivateFolder::read(const PrivateExpectation& expected) {
  if (!file_of(expected.meter)) return read_private_file(folder_, expected);
  return whole(KeptDays(*this, expected), expected);
}

PrivateFile read_private_file(const std::filesystem::path& folder,
                              const PrivateExpectation& expected) {
  return read_private_file_at(folder / private_file_name(expected.meter), expected);
}

PrivateFile read_private_file_at(const std::filesystem::path& path,
                                 const PrivateExpectation& expected) {
  return whole(KeptDays(path, expected), expected);
}

}  // namespace gridtally::archive
