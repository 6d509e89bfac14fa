#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gridtally::audit::testing {

/// A byte of a dataset's elements.
struct DatasetByte {
  std::string dataset;
  std::size_t at = 0;
};
/// Of every dataset of an HDF5 file.
std::vector<DatasetByte> all_dataset_bytes(const std::filesystem::path& file);
/// Changes one, with HDF5's own checksums put right.
void flip_dataset_byte(const std::filesystem::path& file, const DatasetByte& byte,
                       std::uint8_t mask);

}  // namespace gridtally::audit::testing
