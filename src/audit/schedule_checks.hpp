#pragma once

#include <optional>
#include <span>

#include "archive/private_file.hpp"
#include "audit/finding.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::audit {

/// What the rounding of a slot's sums may leave, relative to its largest flow.
inline constexpr double schedule_tolerance = 1e-12;

/// Holds a published schedule against the model (model.md 1), written apart from the solver: every
/// bound, battery equation, flexible energy, reserve, balance of each slot, the net trade that the
/// chain settled ([T], kWh), and the cost. The finding names prosumer, day and slot.
std::optional<Finding> check_schedule(const ledger::Genesis& genesis,
                                      const archive::PrivateProsumer& prosumer, std::uint32_t day,
                                      const archive::PrivateSchedule& schedule,
                                      std::span<const double> net_trade);

}  // namespace gridtally::audit
