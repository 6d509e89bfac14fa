#pragma once

#include "ledger/genesis.hpp"

namespace gridtally::ledger_bench {

/// A run of one endless trading day: homes that trade with everyone by the paper's Algorithm 1 (no
/// adapted penalty), 24 slots, one meter each, of which a block may hold any number. Every rank
/// makes the same.
ledger::Genesis make_genesis(std::uint32_t meters, std::uint32_t validators);

ledger::SecretKey key_of(ledger::Role role, std::uint32_t index);

}  // namespace gridtally::ledger_bench
