#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "archive/private_file.hpp"
#include "audit/audit.hpp"
#include "audit/certificate.hpp"
#include "audit/meter_crew.hpp"
#include "audit/private_files.hpp"

namespace gridtally::audit {

/// How much an audit with private files does.
enum class Depth : std::uint8_t {
  certificate,  ///< inputs, schedules, costs and lower bounds; no solver is called
                ///< (certificate.hpp)
  solves,       ///< besides, every primal solve and answer again
};

/// Does again what the meters did whose private files are in a folder, or the one meter whose file
/// is given, and holds it against the chain with ==: input commitments, each day's certificate and,
/// if wanted, every primal solve, every answer, every schedule. Meters without a file are left out:
/// nothing of theirs is needed. Where several processes share the audit, each does its part of the
/// files.
///
/// A run keeps its private files beside the archive, not in step with it: only where its last day
/// is sealed must they have every day. Before, as a crash leaves them, they may end earlier, but
/// not before a sealed day that leaves decisions out, or a day later (Report::unfinished): what is
/// there is checked, and `--resume` makes the rest.
class PrivateReplay {
 public:
  /// `threads`: for the solves; 0: one a core, shared among the processes. `room`: PrivateFiles.
  explicit PrivateReplay(std::filesystem::path folder_or_file, Depth depth = Depth::solves,
                         Share share = {}, unsigned threads = 0,
                         std::size_t room = PrivateFiles::usual_room)
      : place_(std::move(folder_or_file)),
        depth_(depth),
        share_(std::move(share)),
        threads_(threads_of(share_, threads)),
        room_(room) {}

  /// For Options::companion; must not outlive this.
  Companion companion();

  /// Adds to an audit's report what was done here: meters, and the days' own certificates.
  void describe(Report& report) const;

 private:
  std::optional<Finding> open(const ledger::Genesis& genesis, bool thinned);
  std::optional<Finding> open_part();
  std::optional<Finding> check_inputs(const archive::PrivateFile& file) const;
  std::optional<Finding> check(const ledger::ContractState& before, const ledger::Block& block,
                               const ledger::ContractState& after);
  std::optional<Finding> go_to_day(const ledger::Turn& turn);
  [[nodiscard]] bool fills() const;
  std::variant<ledger::Block, Finding> fill(const ledger::ContractState& before,
                                            const ledger::Block& block);
  /// What the meters say after `before`, once; a finding when they cannot.
  std::optional<Finding> solve(const ledger::ContractState& before);
  std::optional<Finding> replay(const ledger::ContractState& before, const ledger::Block& block,
                                const ledger::ContractState& after);
  void remember(std::vector<ledger::Transaction> transactions);
  [[nodiscard]] bool is_given(std::uint32_t meter) const;
  [[nodiscard]] const ledger::Transaction* replayed(const ledger::Transaction& found) const;
  [[nodiscard]] std::optional<Finding> compare_schedules(const ledger::ContractState& state,
                                                         const archive::PrivateDay& replayed) const;
  std::optional<Finding> close(const ledger::ContractState& state, const Ending& ending);
  [[nodiscard]] Finding wrong_days(std::size_t i, std::uint32_t settled) const;

  std::filesystem::path place_;  ///< folder or file
  Depth depth_;
  Share share_;
  unsigned threads_;
  std::size_t room_;
  bool all_files_ =
      false;  ///< of a thinned archive: each process makes again all that was left out
  std::unique_ptr<const ledger::Genesis> genesis_;
  std::optional<PrivateFiles> files_;  ///< once opened
  std::unique_ptr<CertificateCheck> certificate_;
  std::unique_ptr<MeterCrew> meters_;  ///< null: solves are not repeated
  /// Of the present block, and of those before that a late decision may belong to; by meter.
  std::deque<std::vector<ledger::Transaction>> replayed_;
  std::vector<UnfinishedFile> unfinished_;
};

}  // namespace gridtally::audit
