#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "archive/archive_writer.hpp"
#include "ledger/chain.hpp"
#include "ledger/evidence.hpp"

namespace gridtally::archive::testing {

struct ChainSize {
  std::uint32_t prosumers = 3;
  std::uint32_t meters = 2;
  std::uint32_t validators = 4;
  std::uint32_t slots = 2;
  std::uint32_t days = 2;
  std::uint32_t iterations = 3;  ///< of each day; the last two decide alike, so that it converges
  market::Form form = market::Form::collapsed;
  std::uint32_t joining = 0;  ///< validators that heights 2 and 3 vote in, one each
  bool late = false;  ///< meter 1 is absent at k = 2 and late by one at k = 3; give 5 iterations
  bool converges = true;  ///< false: the run ends with the first day at the iteration limit
};

/// A run by the ledger's own rules, from decisions drawn at random. Prosumer 0 opens its account
/// with 100 cents.
struct Chain {
  ledger::Genesis genesis;
  std::vector<ledger::SecretKey> meter_keys;
  std::vector<ledger::SecretKey> validator_keys;
  std::vector<std::vector<ledger::CommittedBlock>> days;
  std::vector<ledger::ContractState> states;  ///< after each day

  [[nodiscard]] std::vector<ledger::CommittedBlock> blocks() const;
};
/// Two votes of validator 1 at `height`: for two blocks, in one round.
ledger::Evidence double_vote(const Chain& chain, std::uint64_t height);
Chain make_chain(const ChainSize& size = {});

/// Appends the evidence and the blocks, seals the first `sealed` days; the writer is closed.
void write_chain(const std::filesystem::path& folder, const Chain& chain, std::size_t sealed,
                 const std::vector<ledger::Evidence>& evidence = {}, const Iterates& kept = {});

/// What a file holds, and a file made to hold it: no durability.
std::vector<std::uint8_t> contents(const std::filesystem::path& path);
void overwrite(const std::filesystem::path& path, const std::vector<std::uint8_t>& bytes);
/// Replaces the byte at `at` by `value` with one bit flipped.
void flip(const std::filesystem::path& path, std::size_t at, int value);

}  // namespace gridtally::archive::testing
