#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.hpp"
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

/// Broken unless these are the same bytes: what is read is written back as it was.
void require_same(ByteView written, ByteView read);

/// An input of a target that looks at its first byte to know how it should take the others.
Bytes after(std::uint8_t first, const Bytes& bytes);

/// What `read` gives of bytes that were just written; a refusal is a promise broken.
template <class Read>
auto read_again(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Broken(std::string("what was read and written is refused: ") + error.what());
  }
}

std::vector<Target> decoders();      ///< of bytes
std::vector<Target> files();         ///< of files that are no HDF5
std::vector<Target> hdf5_files();    ///< of HDF5 files as such
std::vector<Target> private_data();  ///< of meters' private data
std::vector<Target> archives();      ///< of whole archives
std::vector<Target> all_targets();
/// std::out_of_range when there is none of that name.
const Target& target_named(const std::string& name);

/// False when the target refuses the bytes.
bool feed(const Target& target, ByteView bytes);

}  // namespace gridtally::fuzz
