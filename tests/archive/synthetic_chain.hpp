#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/archive_writer.hpp"
#include "ledger/validator.hpp"

namespace gridtally::archive::testing {

struct ChainSize {
  std::uint32_t prosumers = 3;
  std::uint32_t meters = 2;
  std::uint32_t validators = 4;
  std::uint32_t slots = 2;
  std::uint32_t days = 2;
  std::uint32_t iterations = 3;  ///< of each day; the last two decide alike, so that it converges
  market::Form form = market::Form::collapsed;
  bool converges = true;  ///< false: the run ends with the first day at the iteration limit
};

/// A run made by the ledger's own validators from decisions drawn at random.
struct Chain {
  ledger::Genesis genesis;
  std::vector<ledger::SecretKey> validator_keys;
  std::vector<std::vector<ledger::CommittedBlock>> days;
  std::vector<ledger::ContractState> states;  ///< after each day

  [[nodiscard]] std::vector<ledger::CommittedBlock> blocks() const;
};
Chain make_chain(const ChainSize& size = {});

/// Appends and seals the first `sealed` days, appends the others; the writer is closed.
void write_chain(const std::filesystem::path& folder, const Chain& chain, std::size_t sealed);

/// A folder of its own for one test, removed at the end.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// What a file holds, and a file made to hold it: no durability.
std::vector<std::uint8_t> contents(const std::filesystem::path& path);
void overwrite(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes);
/// Replaces the byte at `at` by `value` with one bit flipped.
void flip(const std::filesystem::path& path, std::size_t at, int value);

}  // namespace gridtally::archive::testing
