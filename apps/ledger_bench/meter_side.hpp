#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <vector>

#include "cluster/layout.hpp"
#include "cluster/post.hpp"
#include "ledger/chain.hpp"
#include "ledger/messages.hpp"
#include "ledger_bench/open_loop.hpp"

namespace gridtally::ledger_bench {

/// All meters of a step, on one rank: sends their transactions when they are due, follows the chain
/// as a normal node does, by headers and certificates, and notes what is confirmed.
class MeterSide {
 public:
  /// References must outlive it.
  MeterSide(const ledger::Genesis& genesis, const cluster::Layout& layout, cluster::Post& post);

  struct Result {
    double confirmed = 0.0;      ///< [transactions/s]
    std::vector<double> delays;  ///< [ms]
    std::uint64_t unheard = 0;   ///< transactions without confirmation
    double blocks = 0.0;         ///< [1/s], of the measured time
  };
  /// Sends, waits for what is under way, and ends the validators' loops. Error when a block or its
  /// certificate is bad, or the validators do not make the first block.
  Result run(double rate, OpenLoop::Span span);

 private:
  using Clock = std::chrono::steady_clock;
  void open_day();
  void send(std::uint32_t meter);
  bool take_letters();
  void take(const ledger::Committed& committed);
  void ask_for_news();
  void rest(double until);
  void end_validators();
  [[nodiscard]] double now() const;

  const ledger::Genesis& genesis_;
  const cluster::Layout& layout_;
  cluster::Post& post_;
  ledger::Verifier verifier_;
  ledger::ContractState first_;  ///< of the chain without blocks
  ledger::Tip tip_;
  std::vector<ledger::SecretKey> keys_;
  std::vector<std::optional<ledger::Digest>> under_way_;  ///< ids, by meter
  std::mt19937_64 random_{1};
  std::optional<OpenLoop> loop_;
  std::uint64_t measured_blocks_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_news_ = Clock::now();
};

}  // namespace gridtally::ledger_bench
