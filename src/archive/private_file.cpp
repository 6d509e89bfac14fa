#include "archive/private_file.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "archive/private_layout.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
std::size_t settled_days(const PrivateFile& content) {
  return content.prosumers.empty() ? 0 : content.prosumers[0].schedules.size();
}

void require_size(const PrivateProsumer& prosumer, const char* name, std::size_t found,
                  std::size_t expected) {
  if (found == expected) return;
  throw InputError("private data of prosumer " + std::to_string(prosumer.prosumer) + ": " + name +
                   " has " + std::to_string(found) + " numbers, expected " +
                   std::to_string(expected));
}
}  // namespace

void require_sizes(const PrivateFile& content) {
  const std::size_t numbers = std::size_t{content.days} * content.slots;
  for (const auto& prosumer : content.prosumers) {
    for (const auto& field : profile_fields) {
      require_size(prosumer, field.name, (prosumer.*field.member).size(), numbers);
    }
    require_size(prosumer, "schedules", prosumer.schedules.size(), settled_days(content));
    for (const auto& schedule : prosumer.schedules) {
      for_each_schedule_field([&](const std::string& path, const ScheduleField& field) {
        require_size(prosumer, path.c_str(), (schedule.*field.member).size(), content.slots);
      });
    }
  }
}

std::string private_file_name(std::uint32_t meter) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "meter-%05u.h5", meter);
  return name.data();
}

void make_private_folder(const std::filesystem::path& path) {
  const auto folder = path.has_filename() ? path : path.parent_path();  // "a/" is a
  const auto above = folder.parent_path();
  if (!above.empty() && !std::filesystem::exists(above)) create_folders_durably(above);
  const bool made = ::mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) {
    throw IoError("mkdir '" + folder.string() + "': " + std::strerror(errno));
  }
  sync_folder(above);
  if (made) return;
  const auto status = std::filesystem::symlink_status(folder);
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  if (!std::filesystem::is_directory(status)) {
    throw InputError(std::string("'") + folder.string() +
                     "' cannot be made a folder for private data");
  }
  if ((status.permissions() & others) != perms::none) {
    throw InputError(std::string("'") + folder.string() +
                     "' is open to others; chmod 700 it or choose another");
  }
}

}  // namespace gridtally::archive
