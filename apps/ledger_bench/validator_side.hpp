#pragma once

#include <filesystem>
#include <vector>

#include "cluster/block_store.hpp"
#include "cluster/validator_host.hpp"
#include "ledger_bench/figures.hpp"

namespace gridtally::ledger_bench {

/// The validators of one rank in a step: what gridtally-solve does on such a rank, without archive
/// and files but the vote records.
class ValidatorSide {
 public:
  struct Conduct {
    std::uint32_t deadline = 1;     ///< of a block [ms]
    std::filesystem::path records;  ///< folder; empty: none
  };
  /// References must outlive it.
  ValidatorSide(const ledger::Genesis& genesis, const cluster::Layout& layout, cluster::Post& post,
                const Conduct& conduct);

  /// Until the meters' rank says halt.
  void run();
  /// Of this rank; its MPI calls and the making of letters included.
  [[nodiscard]] Shares shares() const;

 private:
  bool take_letters();
  void take(const ledger::Message& message, int from);
  void take_commits();
  void rest();

  const cluster::Layout& layout_;
  cluster::Post& post_;
  cluster::FaultPlan faults_;
  ledger::Verifier verifier_;
  consensus::Executor executor_;
  std::vector<ledger::SecretKey> keys_;
  cluster::ValidatorHost host_;
  cluster::BlockStore store_;
  bool ended_ = false;
  double decoding_ = 0.0;  ///< [s]
  double receiving_ = 0.0;
};

}  // namespace gridtally::ledger_bench
