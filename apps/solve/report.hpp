#pragma once

#include <iosfwd>
#include <string>

#include "solve/settings.hpp"

namespace gridtally::solve {

/// What is about to run, in three lines.
void announce(const Settings& settings, const ledger::Genesis& genesis,
              const cluster::Layout& layout, std::ostream& out);

/// How it went and where the files lie; the exit status. `go_on`: the command that resumes it.
ExitStatus conclude(const Settings& settings, const ledger::Genesis& genesis,
                    const cluster::RunSummary& summary, const std::string& go_on,
                    std::ostream& out);

/// As the user types it: mpirun with as many ranks, where the run stands under it.
std::string command_to_go_on(const Settings& settings, const std::string& program, int ranks);

}  // namespace gridtally::solve
