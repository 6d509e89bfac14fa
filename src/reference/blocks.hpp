#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "qp/day_problem.hpp"
#include "reference/block_fields.hpp"

namespace gridtally::reference {

/// Prosumers of one node whose contributions are summed together, in their order. The division
/// into chunks depends on the community alone, so that its sums do too.
struct Chunk {
  std::size_t first = 0;  ///< into the days
  std::size_t count = 0;
  std::uint32_t node = 0;
};

/// A row of numbers for each chunk: sums over its prosumers.
struct ChunkRows {
  std::size_t width = 0;
  std::vector<double> values;  ///< [chunk][width]
};

/// Columns of the rows that Blocks::respond returns.
struct ResponseRow {
  explicit ResponseRow(std::size_t slots, bool with_response)
      : supply(1 + slots),
        response(1 + 2 * slots),
        width(response + (with_response ? slots * (slots + 1) / 2 : 0)) {}
  static constexpr std::size_t gap = 0;        ///< Σ of the complementarity products [cents]
  static constexpr std::size_t net_trade = 1;  ///< s [T]
  std::size_t supply;                          ///< s + ds at unchanged prices [T]
  std::size_t response;                        ///< −∂s_i/∂p_j, j ≤ i, row by row
  std::size_t width;
};

/// Largest residuals of a rank's prosumers, relative to each one's scales.
struct Residuals {
  double primal = 0.0;
  double dual = 0.0;
};

/// Columns of the rows that Blocks::move returns.
struct MoveRow {
  explicit MoveRow(std::size_t slots) : width(supply + slots) {}
  static constexpr std::size_t linear = 0;     ///< change of the products by the step length
  static constexpr std::size_t quadratic = 1;  ///< and by its square [cents]
  static constexpr std::size_t supply = 2;     ///< s + ds [T]
  std::size_t width;
};

/// A rank's prosumers as blocks of the community's interior-point iteration. No communication.
class Blocks {
 public:
  /// `days` are in the chunks' order and must outlive this. All kernels give the same bits.
  Blocks(std::span<const qp::DayProblem> days, std::vector<Chunk> chunks, std::size_t slots,
         block::Kernel kernel = kernel_for_this_processor());
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  static block::Kernel kernel_for_this_processor();

  [[nodiscard]] std::span<const Chunk> chunks() const { return chunks_; }
  [[nodiscard]] std::size_t products() const { return products_; }  ///< pairs x, z

  /// Right-hand sides for `aim` and how the net trades answer prices [node][T].
  Residuals respond(std::span<const double> prices, block::Aim aim, bool with_response,
                    ChunkRows& rows);
  /// The Newton step for price steps dp [node][T]; returns the largest −dx/x of what must stay
  /// positive. Right-hand sides are those of the last respond().
  double move(std::span<const double> prices, std::span<const double> dp, ChunkRows& rows);
  /// Goes `alpha` of the last step.
  void advance(double alpha);
  /// The present point of day `i`, its balance held exactly by the net trade.
  void read(std::size_t i, qp::Solution& out) const;

 private:
  struct Place {
    std::size_t batch;
    std::size_t lane;
  };
  block::Batch batch(std::size_t number, const double* price);
  void pack(std::size_t i);
  void pack_slot(std::size_t i, std::size_t t);
  void pack_variable(std::size_t i, std::size_t t, block::Variable v, double share);
  double& slot(std::size_t i, int field, std::size_t t);
  double& lane(std::size_t i, int field);
  [[nodiscard]] double get(std::size_t i, int field, std::size_t t) const;

  std::span<const qp::DayProblem> days_;
  std::vector<Chunk> chunks_;
  std::size_t slots_;
  std::size_t products_ = 0;
  std::vector<Place> places_;             // [day]
  std::vector<std::size_t> first_batch_;  // [chunk + 1]
  std::vector<double> slot_store_, lane_store_, work_store_;
  double* slot_ = nullptr;  // aligned
  double* lane_ = nullptr;
  double* work_ = nullptr;
  block::Kernel kernel_;
};

}  // namespace gridtally::reference
