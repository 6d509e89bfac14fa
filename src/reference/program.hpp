#pragma once

#include <mpi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "reference/block_fields.hpp"
#include "reference/household.hpp"
#include "reference/layout.hpp"
#include "reference/market_nodes.hpp"

namespace gridtally::reference {

/// A rank's part of min ½ Σ curvature x² + Σ gradient x over A x = right, lower ≤ x ≤ upper.
/// An unknown is a variable or the multiplier of a row of A; a rank's unknowns have successive
/// global numbers.
struct Program {
  struct Unknown {
    bool is_row = false;
    double lower = 0.0;
    double upper = 0.0;  ///< may be infinite
    double gradient = 0.0;
    double curvature = 0.0;
    double start = 0.0;
  };
  struct Entry {  ///< global numbers
    std::int64_t row = 0;
    std::int64_t column = 0;
    double factor = 0.0;
  };
  struct Share {  ///< what is added to a row's right side; several ranks may
    std::int64_t row = 0;
    double value = 0.0;
  };
  std::vector<Unknown> unknowns;
  std::int64_t first = 0;  ///< global number of this rank's first unknown
  std::vector<Entry> entries;
  std::vector<Share> right;
  double price_scale = 1.0;  ///< of all ranks [cents/kWh]
};

/// Where a figure stands: at a local index of the unknowns, or, fixed, nowhere.
struct Place {
  std::int64_t index = -1;
  double value = 0.0;  ///< where fixed
  [[nodiscard]] double in(std::span<const double> unknowns) const {
    return index < 0 ? value : unknowns[static_cast<std::size_t>(index)];
  }
};

struct ProsumerPlaces {
  struct Slot {
    std::array<Place, block::variables> variable;
    Place battery_price, peak_share, reserve_share;
  };
  std::vector<Slot> slots;
  Place flexible_price;
};

/// The whole community's day as one sparse quadratic programme (model.md 1 and 2): every
/// prosumer's own equations; for each node and slot, Σ s = what its lines bring, with s put in
/// from the prosumers' balances; a variable for each line and slot. Fixed variables are constants.
class CommunityProgram {
 public:
  /// Collective. `days` are this rank's prosumers in the layout's order; all outlive this.
  CommunityProgram(MPI_Comm ranks, std::span<const qp::DayProblem> days, const MarketNodes& market,
                   const Layout& layout, const Terms& terms);

  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] const ProsumerPlaces& places(std::size_t day) const { return places_[day]; }
  /// π + q [node][T] from the rank's unknowns [cents/kWh]. Collective.
  [[nodiscard]] std::vector<double> prices(std::span<const double> unknowns) const;
  /// The schedule of a day with its multipliers.
  void read(std::size_t day, std::span<const double> unknowns, qp::Solution& out) const;

 private:
  struct Term {
    Place place;
    double factor;
  };
  struct NodeTerm {
    std::uint32_t node;
    std::size_t t;
    std::int64_t column;  // local
    double factor;
  };
  Place variable(const Program::Unknown& unknown);
  Place row(std::initializer_list<Term> terms, double right, double start);
  Place bounded(Range range, double share, double gradient, double curvature = 0.0);
  void add_prosumer(std::size_t i, std::uint32_t node);
  void add_slot(std::size_t i, std::size_t t, ProsumerPlaces::Slot& slot);
  void add_battery_row(std::size_t i, std::size_t t, ProsumerPlaces& places);
  void add_slack_rows(std::size_t i, ProsumerPlaces::Slot& slot, Place peak);
  void add_flexible_row(std::size_t i, ProsumerPlaces& places);
  void join_node(std::size_t i, std::size_t t, std::uint32_t node,
                 const ProsumerPlaces::Slot& slot);
  void add_lines();
  void add_nodes();
  void number();

  MPI_Comm ranks_;
  int rank_ = 0;
  std::span<const qp::DayProblem> days_;
  const MarketNodes& market_;
  const Terms& terms_;
  std::vector<int> owner_;           // [node] rank
  std::vector<long long> node_row_;  // [node] global number of slot 0's row
  std::vector<NodeTerm> node_terms_;
  std::vector<double> node_right_;  // [node][T] this rank's share
  Program program_;
  std::vector<ProsumerPlaces> places_;
};

}  // namespace gridtally::reference
