#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "archive/hdf5.hpp"
#include "archive/layout.hpp"
#include "archive/private_file.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::archive {

/// Lengths of the axes of a meter's file.
Extents private_extents(const PrivateFile& content, std::uint64_t settled_days);

/// The private files of meters that serve as many prosumers differ in their numbers alone, and
/// nearly all the time that HDF5 takes for one goes into its structures. Here they are made once by
/// the library, and each file is a copy of them with its own numbers: its chunks follow at the end
/// of the file, in the order of the columns, and the index of each leads there.
class PrivateTemplate {
 public:
  /// What of a file its structures depend on.
  struct Kind {
    ledger::Digest run_id{};
    std::uint64_t prosumers = 0;
    std::uint64_t days = 0;
    std::uint64_t slots = 0;
    std::uint64_t settled_days = 0;
    std::size_t name_width = 0;
    std::size_t title_size = 0;
    auto operator<=>(const Kind&) const = default;
  };
  static Kind kind_of(const PrivateFile& content, const Extents& extents);
  /// Whether one chunk holds each dataset whole, and all of them are small.
  static bool fits(const Extents& extents);

  /// For files of this kind, which fits.
  PrivateTemplate(const PrivateFile& about, const Extents& extents);

  /// The file of a meter. `datasets`: the bytes of each by its path; Error when they are not as
  /// many as its shape takes.
  [[nodiscard]] ledger::Bytes fill(const PrivateFile& about,
                                   const std::map<std::string, ledger::Bytes>& datasets) const;

 private:
  struct Place {
    std::string path;
    std::uint64_t size_at = 0;     ///< in the file: of its chunk's stored bytes, where it has one
    std::uint64_t address_at = 0;  ///< and of the chunk's address
    std::size_t element_size = 1;
    std::size_t bytes = 0;  ///< of the dataset
  };

  ledger::Bytes structures_;
  std::vector<Place> places_;
  std::uint64_t meter_at_ = 0;
  std::uint64_t title_at_ = 0;
};

/// One template a kind. Not thread-safe.
class PrivateTemplates {
 public:
  /// For the file of `about` with `settled_days`; null when that does not fit.
  const PrivateTemplate* of(const PrivateFile& about, std::uint64_t settled_days);

 private:
  std::map<PrivateTemplate::Kind, PrivateTemplate> known_;
};

/// The attributes of a meter's file, and that called "title".
void write_private_attributes(hid_t file, const PrivateFile& content, const Extents& extents);
std::string private_title(std::uint32_t meter);

}  // namespace gridtally::archive
