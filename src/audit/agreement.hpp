#pragma once

#include <optional>

#include "audit/report.hpp"
#include "audit/share.hpp"

namespace gridtally::audit {

// How processes that share an audit come to one word. Collective over all of them; alone, each
// gives back what it was given.

/// What one process would have found first in reading everybody's files in order.
std::optional<Finding> agree(const Share& share, const std::optional<Finding>& finding);

/// The report of one process that had done it all: that of whoever has the first fault, by blocks
/// found good and then by stage, with the meters and terms of all. The same on every process.
Report merge_reports(const Share& share, const Report& report);

}  // namespace gridtally::audit
