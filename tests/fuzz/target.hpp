#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ledger/bytes.hpp"

/// What reads bytes of strangers, as functions of bytes: fed by libFuzzer, and by a test of the
/// normal suite (README.md).
namespace gridtally::fuzz {

using ledger::Bytes;
using ledger::ByteView;

struct Target {
  std::string name;
  std::function<std::vector<Bytes>()> seeds;  ///< good inputs
  /// Returns, or refuses with an Error; a Broken is a bug, as is anything else that is thrown.
  std::function<void(ByteView)> read;
};

/// A promise of a reader that does not hold: not an Error, so that nobody takes it for a refusal.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

std::vector<Target> decoders();  ///< of bytes
std::vector<Target> files();     ///< of files and folders
std::vector<Target> all_targets();
/// std::out_of_range when there is none of that name.
const Target& target_named(const std::string& name);

/// False when the target refuses the bytes.
bool feed(const Target& target, ByteView bytes);

}  // namespace gridtally::fuzz
