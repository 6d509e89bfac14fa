#pragma once

#include <map>
#include <string>
#include <vector>

#include "archive/hdf5_dataset.hpp"
#include "archive/hdf5_group.hpp"

/// Reading HDF5 files that strangers made, without the HDF5 library: exactly what our writers make
/// (FORMAT.md) and nothing else. FormatError names dataset or attribute, the place in the file, and
/// what is not accepted; every size is checked against the file's or a fixed limit before anything
/// is allocated; nothing but the file itself is ever opened.
namespace gridtally::archive::hdf5 {

/// A file whose groups and object headers have been read and found plain.
class Reader {
 public:
  explicit Reader(Input input);

  /// Of every dataset, sorted.
  [[nodiscard]] std::vector<std::string> paths() const;

  /// An attribute of the file; FormatError unless it is there, one value, and of that type.
  [[nodiscard]] std::string text(const std::string& attribute) const;
  [[nodiscard]] std::uint64_t number(const std::string& attribute) const;
  [[nodiscard]] double real(const std::string& attribute) const;
  /// An attribute of a dataset.
  [[nodiscard]] std::string text(const std::string& path, const std::string& attribute) const;

  /// For a writer that fills in a file of its own. Where an attribute's value begins in the file;
  /// FormatError when it is missing.
  [[nodiscard]] std::uint64_t place_of(const std::string& attribute) const;
  /// Where the index of a dataset's chunks begins; FormatError when it has none.
  [[nodiscard]] std::uint64_t chunk_index_of(const std::string& path) const;

  /// FormatError unless it is there with this type and shape, in the chunks of chunk_of.
  [[nodiscard]] Dataset dataset(const std::string& path, Type type, const Shape& shape,
                                std::size_t width = 1, std::uint64_t deepest = any_depth) const;
  /// Bytes of an element of a text dataset, whose width the file decides within `most`.
  [[nodiscard]] std::size_t text_width(const std::string& path, std::size_t most) const;

 private:
  /// Keeps a dataset; gives the links of a group.
  std::vector<GroupEntry> read_object(Structures& structures, const std::string& path,
                                      std::uint64_t header);
  [[nodiscard]] const Description& described(const std::string& path) const;

  Input input_;
  std::vector<Attribute> attributes_;  ///< of the file
  std::map<std::string, Description> datasets_;
};

}  // namespace gridtally::archive::hdf5
