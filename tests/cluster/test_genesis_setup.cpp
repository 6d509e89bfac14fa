#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "cluster/genesis_setup.hpp"

namespace gridtally::cluster {
namespace {

/// Five homes of one slot a day, of which those in `known` have a private part.
model::Community five_homes(const std::vector<std::size_t>& known) {
  model::Community community;
  community.settings.slots_per_day = 1;
  community.profiles.resize(5);
  for (std::size_t u = 0; u < 5; ++u) {
    model::Prosumer home;
    home.name = "home-" + std::to_string(u);
    home.known = std::find(known.begin(), known.end(), u) != known.end();
    if (home.known) community.profiles[u] = {{1.0}, {1.0}, {1.0}, {1.0}, {1.0}};
    community.prosumers.push_back(home);
  }
  return community;
}

// One rank of validators, then two of meters: one with meters 0 (homes 0 and 1) and 1 (homes 2 and
// 3), one with meter 2 (home 4).
const Layout layout(3, 3, 1, 1);

TEST(LoadSecrets, NeedsNoMoreThanTheHomesOfTheRanksMeters) {
  EXPECT_TRUE(load_secrets(five_homes({}), layout, 0, {}).private_files.empty());
  const auto first = load_secrets(five_homes({0, 1, 2, 3}), layout, 1, {});
  ASSERT_EQ(first.private_files.size(), 2U);
  EXPECT_EQ(first.private_files[0].prosumers.size(), 2U);
  const auto second = load_secrets(five_homes({4}), layout, 2, {});
  EXPECT_EQ(second.private_files[0].prosumers[0].parameters.name, "home-4");
}

std::string fault_of(const std::vector<std::size_t>& known, const Layout& where, int rank,
                     const std::filesystem::path& homes) {
  try {
    load_secrets(five_homes(known), where, rank, {}, homes);
  } catch (const InputError& error) {
    EXPECT_EQ(error.faults().size(), 1U);
    return error.faults().front();
  }
  return "no InputError";
}

TEST(LoadSecrets, HomesThatAreMissingAreNamedWithTheirMeters) {
  const auto fault = fault_of({1, 3}, layout, 1, {});
  EXPECT_NE(fault.find("rank 1 lacks the private part of prosumers home-0 (meter 0), home-2 "
                       "(meter 1); put"),
            std::string::npos)
      << fault;
  EXPECT_NE(fault.find("a folder that --homes names"), std::string::npos) << fault;
}

TEST(LoadSecrets, OfManyHomesTheFirstAreNamed) {
  const auto fault = fault_of({}, Layout(1, 5, 1), 0, {});
  EXPECT_NE(fault.find("home-2 (meter 2) and 2 more; put"), std::string::npos) << fault;
}

TEST(LoadSecrets, TheFolderThatWasToHaveThemIsNamed) {
  EXPECT_NE(fault_of({}, layout, 2, "/nonexistent")
                .find("'/nonexistent' (--homes), which does not exist"),
            std::string::npos);
  EXPECT_NE(fault_of({}, layout, 2, "/").find("or in '/' (--homes)"), std::string::npos);
}

TEST(LoadSecrets, MissingKeysAndHomesAreNamedTogether) {
  try {
    load_secrets(five_homes({}), layout, 2, "/nonexistent");
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    EXPECT_EQ(error.faults().size(), 2U) << "a key, a home";
  }
}

}  // namespace
}  // namespace gridtally::cluster
