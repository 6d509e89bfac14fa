#pragma once

#include <gtest/gtest.h>

#include <boost/property_tree/json_parser.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "ledger/bytes.hpp"

namespace gridtally::ledger {

using Json = boost::property_tree::ptree;

/// Folder of published test vectors; empty when it is absent.
inline std::filesystem::path vectors_folder(const std::string& name) {
  const char* given = std::getenv("GRIDTALLY_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(given != nullptr ? given : GRIDTALLY_SHARED_DEFAULT) / "vectors" / name;
  return std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

inline Json read_json(const std::filesystem::path& path) {
  Json tree;
  boost::property_tree::read_json(path.string(), tree);
  return tree;
}

/// Standard base64 with padding; the vectors are well formed.
inline Bytes from_base64(const std::string& text) {
  static const std::string digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char letter : text) {
    if (letter == '=') break;
    bits = (bits << 6) | static_cast<std::uint32_t>(digits.find(letter));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push_back(static_cast<std::uint8_t>((bits >> held) & 0xFFU));
  }
  return bytes;
}

/// Marks the test as skipped, or as failed where the environment has CI. It should then return.
inline void report_no_vectors(const std::string& name) {
  const std::string message = "vectors/" + name + " not found; set GRIDTALLY_SHARED";
  if (std::getenv("CI") != nullptr) FAIL() << message;
  GTEST_SKIP() << message;
}

}  // namespace gridtally::ledger
