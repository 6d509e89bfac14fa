#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/launcher.hpp"

namespace gridtally {
namespace {

constexpr auto daemon_off = "OMPI_MCA_ess_singleton_isolated";
constexpr auto folder = "OMPI_MCA_orte_top_session_dir";

class Launcher : public testing::Test {
 protected:
  Launcher() {
    for (const char* name :
         {daemon_off, folder, "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"}) {
      ::unsetenv(name);
    }
  }
  static std::string value(const char* name) {
    const char* found = std::getenv(name);
    return found == nullptr ? "unset" : found;
  }
};

TEST_F(Launcher, NobodysProcessStartsMpiWithoutDaemonInAFolderOfItsOwn) {
  EXPECT_FALSE(is_launched());
  prepare_mpi();
  EXPECT_EQ(value(daemon_off), "1");
  const std::filesystem::path own = value(folder);
  EXPECT_EQ(own.parent_path(), std::filesystem::temp_directory_path());
  EXPECT_TRUE(own.filename().string().ends_with("." + std::to_string(::getpid()))) << own;
}

TEST_F(Launcher, ARankOfAJobStartsItAsItIsTold) {
  ::setenv("PMIX_RANK", "0", 1);
  EXPECT_TRUE(is_launched());
  prepare_mpi();
  EXPECT_EQ(value(daemon_off), "unset");
  EXPECT_EQ(value(folder), "unset");
}

TEST_F(Launcher, WhatTheUserHasSetStays) {
  ::setenv(daemon_off, "0", 1);
  prepare_mpi();
  EXPECT_EQ(value(daemon_off), "0");
  EXPECT_EQ(value(folder), "unset");
  ::setenv(daemon_off, "1", 1);
  ::setenv(folder, "elsewhere", 1);
  prepare_mpi();
  EXPECT_EQ(value(folder), "elsewhere");
}

}  // namespace
}  // namespace gridtally
