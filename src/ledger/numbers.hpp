#pragma once

#include <span>

namespace gridtally::ledger {

/// The number rule of everything signed: finite, and normal or +0.0.
bool is_canonical(double value);

/// The number as a sender writes it: −0.0 and subnormals become +0.0. NaN and infinity stay, and
/// are refused by whoever checks.
double canonical(double value);
void canonicalise(std::span<double> values);

}  // namespace gridtally::ledger
