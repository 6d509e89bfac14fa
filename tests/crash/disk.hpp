#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "crash/trace.hpp"
#include "crash/tree.hpp"

namespace gridtally::crash {

/// What a power cut does to changes that no sync has covered.
enum class Loss : std::uint8_t {
  all,      ///< nothing of them is on the disk
  none,     ///< all are
  content,  ///< names are, bytes and sizes of files are not: a rename before its data
  bytes,    ///< names and sizes are, bytes are zeros
  names,    ///< bytes and sizes are, names are not
  random,   ///< of a folder's changes some first ones; of a file's any, whole, torn or as zeros
};
inline constexpr Loss every_loss[] = {Loss::all,   Loss::none,  Loss::content,
                                      Loss::bytes, Loss::names, Loss::random};

/// A disk with a cache in front, fed with a trace: what programs see, and what a power cut could
/// leave. A sync makes a file's bytes or a folder's names durable, each by itself; a sync that
/// failed with EIO loses them for ever, though programs go on to see them. A rename is one change
/// of its folder; between folders it is not modelled. Throws Error for a trace that makes no sense.
class Disk {
 public:
  /// `root` is the folder that paths in traces begin with; `start` its durable content.
  Disk(std::string root, const Tree& start);
  Disk(Disk&&) noexcept;
  Disk& operator=(Disk&&) noexcept;
  ~Disk();

  void apply(const Operation& operation);
  /// All processes have died: descriptors are gone, the cache stays.
  void forget_descriptors() { open_.clear(); }

  /// What programs see.
  [[nodiscard]] Tree seen() const;
  /// What is on the disk after a power cut now.
  [[nodiscard]] Tree after_power_cut(Loss loss, std::mt19937& random) const;
  /// Whether a power cut now could lose anything.
  [[nodiscard]] bool anything_unsynced() const;

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Place {
    NodePtr folder;
    std::string name;
  };

  [[nodiscard]] Place place_of(const std::string& path) const;
  [[nodiscard]] NodePtr find(const std::string& path) const;
  [[nodiscard]] NodePtr opened(const Operation& operation) const;
  void open(const Operation& operation);
  void rename(const Operation& operation);

  std::string root_path_;
  NodePtr root_;
  std::map<std::pair<int, int>, NodePtr> open_;  ///< by process and descriptor
};

}  // namespace gridtally::crash
