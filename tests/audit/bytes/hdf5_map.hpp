#pragma once

#include <compare>
#include <string>
#include <vector>

#include "ledger/bytes.hpp"

namespace gridtally::audit::testing {

/// What one byte of an HDF5 file belongs to.
struct Part {
  std::string structure;  ///< "B-tree: unused entries", "attribute units", …
  std::string owner;      ///< "/blocks/hash"; empty: the file's root
  auto operator<=>(const Part&) const = default;
};

/// Walks a whole file of the form that this project writes (superblock 0 or 1, version 1 headers,
/// symbol tables, version 1 B-trees) and says of every byte what it belongs to. Written after the
/// HDF5 file format specification, apart from any reader. Throws for what it does not know.
class Hdf5Map {
 public:
  explicit Hdf5Map(ledger::ByteView file);
  [[nodiscard]] const Part& at(std::size_t offset) const { return parts_[of_[offset]]; }

 private:
  [[nodiscard]] std::uint64_t number(std::uint64_t at, std::size_t bytes) const;
  void mark(std::uint64_t at, std::uint64_t bytes, const std::string& structure);
  void superblock();
  void object(std::uint64_t at);
  std::size_t messages(std::uint64_t at, std::uint64_t size, std::size_t left);
  void message(std::uint64_t type, std::uint64_t at, std::uint64_t size);
  void dataspace(std::uint64_t at, std::uint64_t size, const std::string& of);
  void datatype(std::uint64_t at, std::uint64_t size, const std::string& of);
  void fill_value(std::uint64_t at, std::uint64_t size);
  void filters(std::uint64_t at, std::uint64_t size);
  void attribute(std::uint64_t at, std::uint64_t size);
  void data_layout(std::uint64_t at, std::uint64_t size);
  void group(std::uint64_t tree, std::uint64_t heap);
  void group_node(std::uint64_t at, std::uint64_t names);
  void symbols(std::uint64_t at, std::uint64_t names);
  void chunk_node(std::uint64_t at, std::size_t rank);
  void global_heap(std::uint64_t at);
  std::uint64_t tree_head(std::uint64_t at);

  ledger::ByteView file_;
  std::vector<Part> parts_{{"space that nothing uses", ""}};
  std::vector<std::size_t> of_;
  std::string owner_;
  std::uint64_t group_k_ = 0;
  std::uint64_t leaf_k_ = 0;
  std::uint64_t chunk_k_ = 32;
};

}  // namespace gridtally::audit::testing
