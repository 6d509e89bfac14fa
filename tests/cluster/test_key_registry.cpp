#include <gtest/gtest.h>

#include "base/error.hpp"
#include "cluster/key_registry.hpp"
#include "plan_file.hpp"

namespace gridtally::cluster {
namespace {

TEST(KeyRegistry, AFileThatIsNotThereIsBadInput) {
  try {
    (void)read_key_registry("/nowhere/keys");
    FAIL() << "it was read";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("gridtally-keygen DIR --public"), std::string::npos);
  }
}

using testing::PlanFile;
using Faults = std::vector<std::string>;

ledger::PublicKey key_of(std::uint8_t byte) {
  ledger::PublicKey key;
  key.bytes.fill(byte);
  return key;
}

// Two meters, the keys 1 and 2, and a validator with the key 3.
Setup small_setup() {
  Setup setup;
  setup.genesis.meters = {{key_of(1), 0, 1}, {key_of(2), 1, 1}};
  setup.validator_keys = {key_of(3)};
  return setup;
}

Faults faults_against(const KeyRegistry& registry) {
  try {
    check_registered(registry, small_setup());
  } catch (const InputError& error) {
    return error.faults();
  }
  return {};
}

TEST(KeyRegistry, IsReadAsKeygenPrintsIt) {
  const auto registry =
      read_key_registry(PlanFile("meter-00000 " + ledger::to_hex(key_of(1).bytes) + " pi1\n\n" +  //
                                 "validator-0 " + ledger::to_hex(key_of(3).bytes) + "\n")
                            .path());
  EXPECT_EQ(registry, (KeyRegistry{{"meter-00000", key_of(1)}, {"validator-0", key_of(3)}}));
}

TEST(KeyRegistry, FaultsAreNamed) {
  const auto hex = ledger::to_hex(key_of(1).bytes);
  try {
    read_key_registry(PlanFile("a " + hex + "\na " + hex + "\nb 12\n").path());
    FAIL();
  } catch (const InputError& error) {
    ASSERT_EQ(error.faults().size(), 2U);
    EXPECT_TRUE(error.faults()[0].ends_with(":2: a is registered twice")) << error.faults()[0];
    EXPECT_TRUE(error.faults()[1].ends_with(":3: '12' is no public key: 64 hexadecimal digits"))
        << error.faults()[1];
  }
}

TEST(KeyRegistry, WhoIsRegisteredMayTakePart) {
  EXPECT_EQ(faults_against({{"meter-00000", key_of(1)},
                            {"meter-00001", key_of(2)},
                            {"meter-00002", key_of(9)},
                            {"validator-0", key_of(3)}}),
            Faults{});
}

TEST(KeyRegistry, AnotherKeyAndNoneAreRefused) {
  EXPECT_EQ(faults_against({{"meter-00000", key_of(1)}, {"meter-00001", key_of(9)}}),
            (Faults{"meter-00001 signs with another key than the registry has of it",
                    "validator-0 is not in the registry of keys"}));
}

}  // namespace
}  // namespace gridtally::cluster
