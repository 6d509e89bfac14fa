#pragma once

#include <map>
#include <string>
#include <vector>

#include "audit/bytes/hdf5_map.hpp"
#include "audit/bytes/trials.hpp"

namespace gridtally::audit::testing {

/// A line of the list "Bytes without meaning" of FORMAT.md.
struct WithoutMeaning {
  std::string structure;  ///< as Part::structure; `*` stands for anything
  std::string owner;      ///< likewise; empty: any
  std::string reason;
};
std::vector<WithoutMeaning> read_list();

/// Counts what nobody noticed by the lines of the list.
class Tally {
 public:
  explicit Tally(std::vector<WithoutMeaning> list) : list_(std::move(list)) {}
  /// False when no line of the list has this part: it is then in unlisted().
  bool add(const Part& part);
  /// With the number of bytes.
  [[nodiscard]] const std::map<Part, std::size_t>& unlisted() const { return unlisted_; }
  [[nodiscard]] const std::map<std::string, std::size_t>& by_reason() const { return by_reason_; }

 private:
  std::vector<WithoutMeaning> list_;
  std::map<Part, std::size_t> unlisted_;
  std::map<std::string, std::size_t> by_reason_;
};

/// True when `text` is of the form of `pattern`, in which `*` stands for anything.
bool matches(const std::string& pattern, const std::string& text);

/// Prints how many trials came out how.
void print(const std::string& title, const Trials& trials);
void print(const Tally& tally);

}  // namespace gridtally::audit::testing
