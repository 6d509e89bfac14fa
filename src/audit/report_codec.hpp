#pragma once

#include <optional>

#include "audit/report.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::audit {

// What processes that share an audit tell each other. Not a format: both ends are the same program.

ledger::Bytes encode(const std::optional<Finding>& finding);
std::optional<Finding> decode_finding(ledger::ByteView bytes);

ledger::Bytes encode(const Report& report);
Report decode_report(ledger::ByteView bytes);

}  // namespace gridtally::audit
