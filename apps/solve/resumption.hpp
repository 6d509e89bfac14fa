#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "cluster/network.hpp"
#include "ledger/genesis.hpp"
#include "solve/settings.hpp"

namespace gridtally::solve {

/// What there is to go on with, found by rank 0 and told to all.
struct Resumption {
  enum class Kind : std::uint8_t {
    begin,  ///< nothing yet: the run begins
    go_on,  ///< with `text`, the settings that were kept
    ended,  ///< long ago; `text` says how, `status` is that of the run
  };
  Kind kind = Kind::begin;
  std::string text;
  ExitStatus status = ExitStatus::success;
};

/// For --resume. CommonError when what is there cannot go on. Collective over all ranks.
Resumption find_resumption(const Settings& settings, const cluster::Network& network);

/// InputError naming every difference unless the archive, where it has begun, is of `genesis`.
void require_same_run(const std::filesystem::path& archive, const ledger::Genesis& genesis);

}  // namespace gridtally::solve
