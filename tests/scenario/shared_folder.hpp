#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace gridtally::scenario::testing {

/// The folder of published measurements (GRIDTALLY_SHARED, or beside the project).
inline std::filesystem::path shared_data() {
  const char* given = std::getenv("GRIDTALLY_SHARED");
  return std::filesystem::path(given != nullptr ? given : GRIDTALLY_SHARED_DEFAULT) / "data";
}

/// Tests on published measurements: without the files they are skipped, but fail where CI is set.
class PublishedData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::filesystem::exists(shared_data() / "citylearn_2022_fontana" / "schema.json")) return;
    const std::string message = "no published data at " + shared_data().string() +
                                "; set GRIDTALLY_SHARED (see inputs/README.md)";
    if (std::getenv("CI") != nullptr) FAIL() << message;
    GTEST_SKIP() << message;
  }
};

}  // namespace gridtally::scenario::testing
