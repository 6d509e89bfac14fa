#include "archive/private_writer.hpp"

#include <algorithm>

#include "archive/private_layout.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::archive {

PrivateFileWriter::PrivateFileWriter(const std::filesystem::path& path, const PrivateFile& about,
                                     std::uint64_t settled_days, PrivateTemplates& templates)
    : path_(path),
      about_(about),
      extents_(private_extents(about, settled_days)),
      template_(templates.of(about, settled_days)) {
  if (template_ == nullptr) {
    file_ = hdf5::create_file(path, 0600);
    columns_ = create_columns(file_.get(), private_columns(), extents_);
    write_private_attributes(file_.get(), about, extents_);
  }
  for (const auto& [name, bytes] : private_coordinates(extents_)) append(name, bytes);
  append("/salt_key", about.salt_key);
}

void PrivateFileWriter::append(const std::string& path, ledger::ByteView bytes) {
  if (template_ == nullptr) return columns_.at(path).append(bytes);
  auto& dataset = copied_[path];
  dataset.insert(dataset.end(), bytes.begin(), bytes.end());
}

void PrivateFileWriter::add(const PrivateProsumer& prosumer) {
  give_rows(prosumer, extents_.name_width,
            [&](const std::string& path, ledger::ByteView bytes) { append(path, bytes); });
}

void PrivateFileWriter::finish() {
  if (template_ != nullptr) {
    auto file = File::create(path_, 0600);
    file.write(template_->fill(about_, copied_));
    return file.close();
  }
  for (auto& [name, column] : columns_) column.finish();
  columns_.clear();
  if (!file_.close()) throw IoError("HDF5 could not write the file's last bytes");
}

namespace {
void write_content(const std::filesystem::path& path, const PrivateFile& content,
                   PrivateTemplates& templates) {
  const auto& prosumers = content.prosumers;
  PrivateFileWriter file(path, content, prosumers.empty() ? 0 : prosumers[0].schedules.size(),
                         templates);
  for (const auto& prosumer : prosumers) file.add(prosumer);
  file.finish();
}
}  // namespace

void write_private_file(const std::filesystem::path& folder, const PrivateFile& content) {
  write_private_files(folder, {&content, 1});
}

void write_private_files(const std::filesystem::path& folder,
                         std::span<const PrivateFile> contents) {
  for (const auto& content : contents) require_sizes(content);
  std::vector<std::uint32_t> meters;
  for (const auto& content : contents) meters.push_back(content.meter);
  PrivateTemplates templates;
  replace_private_files(folder, meters, [&](const auto& temporary, std::size_t i) {
    write_content(temporary, contents[i], templates);
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
