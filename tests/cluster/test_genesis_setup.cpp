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

TEST(LoadSecrets, EachHomeThatIsMissingIsNamedWithItsMeter) {
  try {
    load_secrets(five_homes({1, 3}), layout, 1, {});
    FAIL() << "no InputError";
  } catch (const InputError& error) {
    ASSERT_EQ(error.faults().size(), 2U);
    EXPECT_NE(error.faults()[0].find("prosumer home-0: rank 1 hosts its meter 0"),
              std::string::npos)
        << error.faults()[0];
    EXPECT_NE(error.faults()[1].find("prosumer home-2: rank 1 hosts its meter 1"),
              std::string::npos)
        << error.faults()[1];
    EXPECT_NE(error.faults()[1].find("--homes"), std::string::npos);
  }
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
