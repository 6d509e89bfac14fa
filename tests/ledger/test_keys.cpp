#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "base/text.hpp"
#include "ledger/keys.hpp"
#include "ledger/tiny_market.hpp"
#include "ledger/vectors.hpp"

namespace gridtally::ledger {
namespace {

namespace fs = std::filesystem;

bool holds(const std::string& key_hex, ByteView message, const std::string& signature_hex) {
  const auto key_bytes = from_hex(key_hex);
  const auto signature_bytes = from_hex(signature_hex);
  PublicKey key;
  Signature signature;
  if (!key_bytes || key_bytes->size() != key.bytes.size()) return false;
  if (!signature_bytes || signature_bytes->size() != signature.bytes.size()) return false;
  std::copy(key_bytes->begin(), key_bytes->end(), key.bytes.begin());
  std::copy(signature_bytes->begin(), signature_bytes->end(), signature.bytes.begin());
  return verify(key, message, signature);
}

TEST(Ed25519, WycheproofVectors) {
  const auto folder = vectors_folder("wycheproof-ed25519");
  if (folder.empty()) return report_no_vectors("wycheproof-ed25519");
  const Json all = read_json(folder / "testvectors_v1/ed25519_test.json");
  int checked = 0;
  for (const auto& [unused, group] : all.get_child("testGroups")) {
    const auto key = group.get<std::string>("publicKey.pk");
    for (const auto& [unused2, test] : group.get_child("tests")) {
      const Bytes message = from_hex(test.get<std::string>("msg")).value();
      EXPECT_EQ(holds(key, message, test.get<std::string>("sig")),
                test.get<std::string>("result") == "valid")
          << "tcId " << test.get<int>("tcId");
      ++checked;
    }
  }
  EXPECT_EQ(checked, 151);
}

/// What libsodium 1.0.18 accepts of the edge cases, by their flags: canonical encodings of points
/// of high order that satisfy the equation without cofactor. No two vectors of equal flags differ
/// in it.
bool libsodium_accepts(const Json& vector) {
  const Json& flags = vector.get_child("flags");
  return std::all_of(flags.begin(), flags.end(), [](const auto& flag) {
    const auto name = flag.second.template get_value<std::string>();
    return name == "low_order_component_A" || name == "low_order_component_R";
  });
}

TEST(Ed25519, EdgeCasesAsLibsodiumDecidesThem) {
  const auto folder = vectors_folder("cctv-ed25519");
  if (folder.empty()) return report_no_vectors("cctv-ed25519");
  int checked = 0;
  int accepted = 0;
  for (const auto& [unused, test] : read_json(folder / "ed25519/ed25519vectors.json")) {
    const auto message = test.get<std::string>("msg");
    const ByteView bytes(reinterpret_cast<const std::uint8_t*>(message.data()), message.size());
    const bool held = holds(test.get<std::string>("key"), bytes, test.get<std::string>("sig"));
    EXPECT_EQ(held, libsodium_accepts(test)) << "number " << test.get<int>("number");
    accepted += held;
    ++checked;
  }
  EXPECT_EQ(checked, 914);
  EXPECT_EQ(accepted, 43);
}

TEST(SecretKey, SignatureHoldsForItsKeyAndMessageOnly) {
  const SecretKey key = SecretKey::generate();
  const SecretKey other = SecretKey::generate();
  const Bytes message{1, 2, 3};
  const Signature signature = key.sign(message);
  EXPECT_EQ(key.sign(message), signature);
  EXPECT_TRUE(verify(key.public_key(), message, signature));
  EXPECT_FALSE(verify(other.public_key(), message, signature));
  EXPECT_FALSE(verify(key.public_key(), Bytes{1, 2, 4}, signature));
}

TEST(PublicKey, ReadFromItsHexadecimalDigitsOnly) {
  const PublicKey key = test_key(3).public_key();
  const std::string digits = to_hex(key.bytes);
  EXPECT_EQ(public_key_from_hex(digits), key);
  EXPECT_EQ(public_key_from_hex(digits.substr(1)), std::nullopt);
  EXPECT_EQ(public_key_from_hex(digits + "0"), std::nullopt);
  EXPECT_EQ(public_key_from_hex("g" + digits.substr(1)), std::nullopt);
  EXPECT_EQ(public_key_from_hex(""), std::nullopt);
}

TEST(SecretKey, DerivedSecretsDifferByPurposeAndKey) {
  const SecretKey key = SecretKey::generate();
  EXPECT_EQ(key.derive("salt"), key.derive("salt"));
  EXPECT_NE(key.derive("salt"), key.derive("other"));
  EXPECT_NE(key.derive("salt"), SecretKey::generate().derive("salt"));
}

class KeyFile : public testing::Test {
 protected:
  static unsigned mode_of(const fs::path& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
  }
  [[nodiscard]] fs::path meter_file() const { return folder_ / "meter-00003.key"; }
  std::string write_meter_3() {
    write_key(folder_, Role::meter, 3, SecretKey::generate());
    return read_text(meter_file());
  }
  void replace_meter_3(const std::string& text) {
    std::ofstream(meter_file(), std::ios::trunc) << text;
  }

  TestFolder root_;
  fs::path folder_ = root_ / "keys";
};

TEST_F(KeyFile, RoundTripWithPrivateModes) {
  const SecretKey key = SecretKey::generate();
  write_key(folder_, Role::validator, 0, key);
  EXPECT_EQ(read_key(folder_, Role::validator, 0).public_key(), key.public_key());
  EXPECT_EQ(mode_of(folder_ / "validator-0.key"), 0600U);
  EXPECT_EQ(mode_of(folder_), 0700U);
}

TEST_F(KeyFile, NeverOverwritten) {
  write_meter_3();
  EXPECT_THROW(write_meter_3(), InputError);
}

TEST_F(KeyFile, FileOpenToOthersRefusedWithRemedy) {
  write_meter_3();
  fs::permissions(meter_file(), fs::perms(0640));
  try {
    read_key(folder_, Role::meter, 3);
    FAIL() << "an open key file was read";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("chmod 600"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("0640"), std::string::npos) << error.what();
  }
}

TEST_F(KeyFile, FolderOpenToOthersRefused) {
  fs::create_directory(folder_);
  fs::permissions(folder_, fs::perms(0755));
  EXPECT_THROW(write_meter_3(), InputError);
}

TEST_F(KeyFile, AbsentFileOrLinkRefused) {
  EXPECT_THROW(read_key(folder_, Role::meter, 3), InputError);
  write_meter_3();
  fs::create_symlink(meter_file(), folder_ / "meter-00004.key");
  try {
    read_key(folder_, Role::meter, 4);
    FAIL() << "a link was followed";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(": a symbolic link,"), std::string::npos)
        << error.what();
  }
}

TEST_F(KeyFile, WrongOwnerLengthVersionOrDigitRefused) {
  const std::string good = write_meter_3();
  const std::vector<std::string> bad{"",
                                     good.substr(0, good.size() - 1),
                                     good + "\n",
                                     good + std::string(500, '0'),
                                     "gridtally-key 2" + good.substr(15),
                                     good.substr(0, good.size() - 2) + "x\n"};
  for (const std::string& text : bad) {
    replace_meter_3(text);
    EXPECT_THROW(read_key(folder_, Role::meter, 3), FormatError) << text.size();
  }
  replace_meter_3(good);
  EXPECT_NO_THROW(read_key(folder_, Role::meter, 3));
  fs::rename(meter_file(), folder_ / "meter-00007.key");
  EXPECT_THROW(read_key(folder_, Role::meter, 7), FormatError);
}

TEST_F(KeyFile, MessagesNeverHoldTheSeed) {
  const std::string good = write_meter_3();
  const std::string seed = good.substr(good.size() - 65, 64);
  fs::rename(meter_file(), folder_ / "validator-0.key");
  try {
    read_key(folder_, Role::validator, 0);
    FAIL() << "a meter's key was read as a validator's";
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()).find(seed.substr(0, 8)), std::string::npos);
  }
}

}  // namespace
}  // namespace gridtally::ledger
