#pragma once

#include "cluster/layout.hpp"
#include "cluster/traffic.hpp"
#include "ledger/block.hpp"

namespace gridtally::cluster {

/// Bytes of letters, in closed form: README.md, "What goes over the wire".
namespace letter_size {
/// One prosumer's row in a transaction. `numbers`: Terms::decision_size; `slots`: of a day.
constexpr std::uint64_t decision(std::uint64_t numbers) { return 40 + 8 * numbers; }
constexpr std::uint64_t acceptance(std::uint64_t slots) { return 65 + 8 * slots; }
/// `rows`: bytes of the rows in it.
constexpr std::uint64_t transaction(std::uint64_t rows) { return 164 + rows; }
/// Of a block with one transaction of each of `meters`; `rows`: bytes of all rows.
constexpr std::uint64_t block(std::uint64_t meters, std::uint64_t rows, std::uint64_t payments) {
  return 273 + 167 * meters + rows + 16 * payments;
}
constexpr std::uint64_t proposal(std::uint64_t block) { return 157 + block; }
constexpr std::uint64_t committed(std::uint64_t block, std::uint64_t precommits) {
  return 48 + 68 * precommits + block;
}
constexpr std::uint64_t vote = 149;
constexpr std::uint64_t acknowledgement = 9;
}  // namespace letter_size

/// What the letters of a run come to where nobody is late, silent or false, counted block by block:
/// transactions, proposals and blocks as they are, votes and acknowledgements at most.
class TrafficModel {
 public:
  /// `genesis` and `layout` must outlive it.
  TrafficModel(const ledger::Genesis& genesis, const Layout& layout, int rank);

  void add(const ledger::CommittedBlock& committed);
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }

 private:
  [[nodiscard]] std::uint64_t rows_of(std::uint32_t meter, ledger::Phase phase) const;
  void add_transactions(ledger::Phase phase);
  void add_proposal(std::uint32_t proposer, std::uint64_t size);
  void add_votes();
  void add_block(std::uint64_t size);
  void add_acknowledgements();
  [[nodiscard]] std::uint64_t voters_of(int rank) const;

  const ledger::Genesis& genesis_;
  const Layout& layout_;
  int rank_;
  bool validates_;
  Traffic traffic_;
};

}  // namespace gridtally::cluster
