#include "archive/private_writer.hpp"

#include <algorithm>

#include "archive/private_layout.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

namespace {
Extents extents_of(const PrivateFile& content, std::uint64_t settled_days) {
  Extents extents;
  extents.prosumers = content.prosumers.size();
  extents.days = content.days;
  extents.slots = content.slots;
  extents.settled_days = settled_days;
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
  const auto& prosumers = content.prosumers;
  PrivateFileWriter file(path, content, prosumers.empty() ? 0 : prosumers[0].schedules.size());
  for (const auto& prosumer : prosumers) file.add(prosumer);
  file.finish();
}
}  // namespace

PrivateFileWriter::PrivateFileWriter(const std::filesystem::path& path, const PrivateFile& about,
                                     std::uint64_t settled_days)
    : file_(hdf5::create_file(path, 0600)) {
  const auto extents = extents_of(about, settled_days);
  name_width_ = extents.name_width;
  columns_ = create_columns(file_.get(), private_columns(), extents);
  write_attributes(file_.get(), about, extents);
  for (const auto& [name, bytes] : private_coordinates(extents)) columns_.at(name).append(bytes);
  columns_.at("/salt_key").append(about.salt_key);
}

void PrivateFileWriter::add(const PrivateProsumer& prosumer) {
  give_rows(prosumer, name_width_, [&](const std::string& name, ledger::ByteView bytes) {
    columns_.at(name).append(bytes);
  });
}

void PrivateFileWriter::finish() {
  for (auto& [name, column] : columns_) column.finish();
  columns_.clear();
  if (!file_.close()) throw IoError("HDF5 could not write the file's last bytes");
}

void write_private_file(const std::filesystem::path& folder, const PrivateFile& content) {
  write_private_files(folder, {&content, 1});
}

void write_private_files(const std::filesystem::path& folder,
                         std::span<const PrivateFile> contents) {
  for (const auto& content : contents) require_sizes(content);
  std::vector<std::uint32_t> meters;
  for (const auto& content : contents) meters.push_back(content.meter);
  replace_private_files(folder, meters, [&](const auto& temporary, std::size_t i) {
    write_content(temporary, contents[i]);
  });
}

void replace_private_files(const std::filesystem::path& folder,
                           std::span<const std::uint32_t> meters, const PrivateFileSource& write) {
  const auto path_of = [&](std::uint32_t meter, const char* suffix) {
    return folder / (private_file_name(meter) + suffix);
  };
  for (std::size_t i = 0; i < meters.size(); ++i) {
    const auto temporary = path_of(meters[i], ".tmp");
    remove_file(temporary);
    try {
      write(temporary, i);
    } catch (const IoError& error) {
      throw IoError("'" + temporary.string() + "': " + error.what());
    }
  }
  std::vector<std::filesystem::path> written;
  for (const auto meter : meters) written.push_back(path_of(meter, ".tmp"));
  sync_files(written);
  for (const auto meter : meters) rename_file(path_of(meter, ".tmp"), path_of(meter, ""));
  sync_folder(folder);
}

}  // namespace gridtally::archive
