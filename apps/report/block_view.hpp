#pragma once

#include <string>

#include "report/run_view.hpp"

namespace gridtally::report {

/// One block's header, transactions and votes.
std::string block_text(const ledger::Genesis& genesis, const BlockView& block);
/// The member "block" of the JSON object that is open.
void add_block(Json& json, const BlockView& block);

}  // namespace gridtally::report
