#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace gridtally::market {

/// One permitted direction of trade: `from` may buy from `to`, at most `limit` [kWh per slot].
struct Arc {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  double limit = std::numeric_limits<double>::infinity();  ///< |p'| <= limit; infinite: none
};

/// Who may trade with whom. Symmetric: arc (u,v) exists exactly when (v,u) does, with the same
/// limit. Arcs are stored by `from`, then by `to`, both ascending: this order is the canonical
/// order of every per-pair array (row-major [arc][slot]).
class PartnerGraph {
 public:
  PartnerGraph() = default;
  /// Everyone with everyone, no limits (the default of model.md 2).
  static PartnerGraph complete(std::size_t prosumers);
  /// From pairs given once or in both directions. A pair given twice with different limits, a
  /// loop or an index out of range throws InputError.
  static PartnerGraph from_pairs(std::size_t prosumers, std::span<const Arc> pairs);
  /// A part of a graph, whose sums over partners run as in the whole: never complete, even where
  /// everyone in the part knows everyone. `names` are the prosumers' numbers in the whole, in any
  /// order, all different: a prosumer's arcs are stored by ascending name of `to`.
  static PartnerGraph part_from_pairs(std::span<const std::uint32_t> names,
                                      std::span<const Arc> pairs);

  [[nodiscard]] std::size_t prosumers() const { return prosumers_; }
  [[nodiscard]] std::size_t arcs() const {
    return complete_ ? prosumers_ * others() : arcs_.size();
  }
  [[nodiscard]] std::size_t pairs() const { return arcs() / 2; }
  [[nodiscard]] Arc arc(std::size_t index) const {
    return complete_ ? arc_of_complete(index) : arcs_[index];
  }
  /// arc(·).to of each arc. Throws Error on the complete graph, which does not store its arcs.
  [[nodiscard]] std::span<const std::uint32_t> targets() const;
  /// Every prosumer once, each part of the graph breadth first: those who follow one another have
  /// partners in common, and who reads the rows of all partners finds most of them still in a
  /// cache. Throws Error on the complete graph.
  [[nodiscard]] std::span<const std::uint32_t> breadth_first() const;
  /// Index of the opposite arc (v,u).
  [[nodiscard]] std::size_t mirror(std::size_t index) const;
  /// Arcs of `prosumer` are first(prosumer) … first(prosumer + 1) − 1.
  [[nodiscard]] std::size_t first(std::size_t prosumer) const {
    return complete_ ? prosumer * others() : first_[prosumer];
  }
  [[nodiscard]] std::size_t partners(std::size_t prosumer) const {
    return first(prosumer + 1) - first(prosumer);
  }
  [[nodiscard]] bool is_complete() const { return complete_; }
  [[nodiscard]] bool has_limits() const;

 private:
  void order_breadth_first();
  [[nodiscard]] Arc arc_of_complete(std::size_t index) const;
  [[nodiscard]] std::size_t others() const { return prosumers_ > 0 ? prosumers_ - 1 : 0; }

  std::size_t prosumers_ = 0;
  bool complete_ = true;  ///< everyone with everyone, no limits: nothing below is stored
  std::vector<Arc> arcs_;
  std::vector<std::uint32_t> targets_;
  std::vector<std::uint32_t> breadth_first_;
  std::vector<std::size_t> mirror_;
  std::vector<std::size_t> first_;
};

}  // namespace gridtally::market
