#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "archive/lock_file.hpp"
#include "cluster/genesis_setup.hpp"
#include "cluster/layout.hpp"
#include "cluster/network.hpp"
#include "cluster/vote_records.hpp"

namespace gridtally::cluster {

/// "<archive>.run"
std::filesystem::path run_folder_of(const std::filesystem::path& archive);

/// What a run needs to go on after a stop or a crash, and what dies with it (README.md). Mode 0700;
/// one run at a time holds it.
class RunFolder {
 public:
  explicit RunFolder(const std::filesystem::path& archive);

  /// Before the archive is made: forgets what an earlier run left, then makes durable first the
  /// keys, where they are `throw_away` ones, last the `settings`. InputError while another run
  /// holds the folder. Collective over all ranks.
  void begin(const Secrets& secrets, const Layout& layout, int rank, const std::string& settings,
             bool throw_away);
  /// For a run that goes on. InputError while another run holds the folder. Collective over all
  /// ranks.
  void reopen(int rank);
  /// The run has ended, there is nothing to go on with. Collective over all ranks.
  void remove(int rank);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path keys() const { return path_ / "keys"; }
  [[nodiscard]] std::filesystem::path settings() const { return path_ / "settings"; }

 private:
  void forget() const;
  void forget_votes() const;
  void keep_keys(const Secrets& secrets, const Layout& layout, int rank) const;

  std::filesystem::path path_;
  std::optional<archive::LockFile> lock_;  ///< on rank 0
};

/// This rank's file in the next life of the run whose vote records lie in `folder`. It knows what
/// all ranks found there of earlier lives, which are then removed. Collective over all ranks.
VoteRecords begin_vote_records(const std::filesystem::path& folder, const Network& network,
                               Layout::Range own);

}  // namespace gridtally::cluster
