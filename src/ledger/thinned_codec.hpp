#pragma once

#include "ledger/carried_state.hpp"

namespace gridtally::ledger {

// Bytes of what an archive keeps of a thinned day, for a run's own ranks: nothing of it is hashed
// or signed as it stands here.

/// A block that lacks decisions, with the roots of its rows; its certificate is left out.
Bytes encode_thinned(const Block& block);
Block decode_thinned_block(ByteView bytes);

Bytes encode(const ThinnedDay& day);
ThinnedDay decode_thinned_day(ByteView bytes);

}  // namespace gridtally::ledger
