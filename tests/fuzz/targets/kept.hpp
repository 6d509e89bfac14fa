#pragma once

#include <filesystem>

#include "fuzz/targets/target.hpp"

namespace gridtally::fuzz {

/// An input that the repository keeps.
struct KeptInput {
  std::filesystem::path path;
  Bytes bytes;
};

/// tests/fuzz/`name`: "corpus", "regressions".
std::filesystem::path kept_folder(const std::string& name);

/// What corpus/ and regressions/ have for this target, by name.
/// A file whose name ends in .edit is a seed with other bytes in some places: its first line is
/// "seed NUMBER SIZE", each other one an offset and bytes from there on, in octal digits.
std::vector<KeptInput> kept_inputs(const Target& target);

}  // namespace gridtally::fuzz
