#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include "audit/bytes/hdf5_map.hpp"
#include "audit/bytes/judge.hpp"
#include "audit/bytes/trials.hpp"

/// What somebody can do who holds validator 0's key: a segment with another byte, in a manifest
/// that has its checksum.
namespace gridtally::audit::testing {

/// One segment of an archive.
struct Target {
  const Sample& sample;
  Files archive;
  std::string file;
};
/// The first day's, when it had just been sealed: nothing else need be read.
Target first_day_of(const Sample& sample);
/// The second day's; the first is read every time.
Target second_day_of(const Sample& sample);

/// Each byte of the file is found, or is on the list "Bytes without meaning" of FORMAT.md.
void expect_bytes_found_or_listed(const Target& target);
/// Each byte of every dataset is. HDF5's own checksums do not stand in the way: the file is written
/// by HDF5.
void expect_elements_found_or_listed(const Target& target);

/// Where a change to this file must be found.
Named place_of(const Sample& sample, const std::string& file);
ledger::Bytes flipped(const ledger::Bytes& bytes, std::size_t at, std::uint8_t mask);

/// What no trial may come to.
inline constexpr std::initializer_list<Outcome> never = {Outcome::not_tried, Outcome::misplaced,
                                                         Outcome::unnoticed, Outcome::crashed,
                                                         Outcome::hung,      Outcome::failed};
void expect_none(const Trials& trials, std::initializer_list<Outcome> bad);
/// Every byte that nobody noticed is on the list. `part_of`: what byte i belongs to.
void expect_listed(const Trials& trials, const std::function<Part(std::size_t)>& part_of);

}  // namespace gridtally::audit::testing
