#include <algorithm>

#include "archive/column_writer.hpp"
#include "archive/private_layout.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
Extents extents_of(const PrivateFile& content) {
  Extents extents;
  extents.prosumers = content.prosumers.size();
  extents.days = content.days;
  extents.slots = content.slots;
  extents.settled_days = content.prosumers.empty() ? 0 : content.prosumers[0].schedules.size();
  for (const auto& prosumer : content.prosumers) {
    extents.name_width = std::max(extents.name_width, prosumer.parameters.name.size());
  }
  return extents;
}

void write_attributes(hid_t file, const PrivateFile& content, const Extents& extents) {
  hdf5::write_attribute(file, "format", std::string(private_format));
  hdf5::write_attribute(file, "format_version", private_version);
  hdf5::write_attribute(file, "run_id", ledger::to_hex(content.run_id));
  hdf5::write_attribute(file, "title",
                        "Private data of meter " + std::to_string(content.meter) +
                            ": not to be shared with anyone but its auditor");
  hdf5::write_attribute(file, "meter", std::uint64_t{content.meter});
  hdf5::write_attribute(file, "days", extents.days);
  hdf5::write_attribute(file, "slots", extents.slots);
  hdf5::write_attribute(file, "settled_days", extents.settled_days);
}

void write_content(const std::filesystem::path& path, const PrivateFile& content) {
  const auto extents = extents_of(content);
  auto file = hdf5::create_file(path, 0600);
  auto columns = create_columns(file.get(), private_columns(), extents);
  write_attributes(file.get(), content, extents);
  for (const auto& [name, bytes] : private_coordinates(extents)) columns.at(name).append(bytes);
  columns.at("/salt_key").append(content.salt_key);
  for (const auto& prosumer : content.prosumers) {
    give_rows(prosumer, extents.name_width, [&](const std::string& name, ledger::ByteView bytes) {
      columns.at(name).append(bytes);
    });
  }
  for (auto& [name, column] : columns) column.finish();
  columns.clear();
  if (!file.close()) throw IoError("HDF5 could not write the file's last bytes");
}
}  // namespace

void write_private_file(const std::filesystem::path& folder, const PrivateFile& content) {
  write_private_files(folder, {&content, 1});
}

void write_private_files(const std::filesystem::path& folder,
                         std::span<const PrivateFile> contents) {
  for (const auto& content : contents) require_sizes(content);
  const auto path_of = [&](const PrivateFile& content, const char* suffix) {
    return folder / (private_file_name(content.meter) + suffix);
  };
  for (const auto& content : contents) {
    const auto temporary = path_of(content, ".tmp");
    remove_file(temporary);
    try {
      write_content(temporary, content);
    } catch (const IoError& error) {
      throw IoError("'" + temporary.string() + "': " + error.what());
    }
  }
  for (const auto& content : contents) sync_file(path_of(content, ".tmp"));
  for (const auto& content : contents) rename_file(path_of(content, ".tmp"), path_of(content, ""));
  sync_folder(folder);
}

}  // namespace gridtally::archive
