#pragma once

#include <filesystem>

#include "qp/random_day.hpp"

namespace gridtally::bench {

inline constexpr std::size_t slots = 24;
inline constexpr std::size_t instance_count = 200;

/// The 200 varied days on which QPs are timed, always the same ones.
qp::Days instances();

/// Writes the first `count` of them for other solvers, one line a day of numbers that read back to
/// the same bits: our optimum C_u + 1/(2φ) Σ (s − A)², φ, then the day's scalars and series in the
/// order of the header line. IoError when the file cannot be written.
void write_instances(const qp::Days& days, std::size_t count, const std::filesystem::path& file);

}  // namespace gridtally::bench
