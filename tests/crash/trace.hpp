#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "crash/shim/protocol.hpp"

namespace gridtally::crash {

using Bytes = std::vector<std::uint8_t>;

/// One record of the shim's trace.
struct Operation {
  Call call = Call::note;
  int process = 0;
  int descriptor = -1;  ///< -1: by name
  int flags = 0;
  std::int64_t offset = 0;
  std::int64_t result = 0;  ///< what the program was told
  int error = 0;
  std::string path;
  std::string second_path;
  Bytes data;
};

/// FormatError when the file ends within a record.
std::vector<Operation> read_trace(const std::filesystem::path& path);

/// "write 'a/journal', 57 bytes at 120".
std::string describe(const Operation& operation);

}  // namespace gridtally::crash
