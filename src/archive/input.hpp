#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/file.hpp"
#include "ledger/sha256.hpp"

namespace gridtally::archive {

/// The bytes of one file, read from anywhere in it: a file of its own, or a part of a larger one.
/// Copies share the open file, or the bytes of a small one, which is read at once: its structures
/// are many and tiny, and a system call for each costs more than all of its bytes.
class Input {
 public:
  /// A whole file. IoError naming it unless it is there, regular and readable, and no symbolic
  /// link.
  explicit Input(const std::filesystem::path& path);
  /// A file in memory.
  Input(ledger::Bytes bytes, std::string name);
  /// `size` bytes of `file` from `first` on, which the caller knows to be there; `name` is theirs.
  Input(std::shared_ptr<const File> file, std::string name, std::uint64_t first,
        std::uint64_t size);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Bytes from `offset` on; fewer than asked for only where they end.
  std::size_t read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
  /// All of them; IoError when they are more than `limit`.
  [[nodiscard]] ledger::Bytes read_all(std::uint64_t limit) const;

 private:
  std::shared_ptr<const File> file_;
  std::shared_ptr<const ledger::Bytes> bytes_;  ///< of a small file, which is closed then
  std::string name_;
  std::uint64_t first_ = 0;
  std::uint64_t size_ = 0;
};

/// SHA-256 of all bytes, read piece by piece.
ledger::Digest digest_of(const Input& input);

}  // namespace gridtally::archive
