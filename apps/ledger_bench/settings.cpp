#include "ledger_bench/settings.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/options.hpp"

namespace gridtally::ledger_bench {

namespace {

constexpr const char* summary =
    "Offers signed transactions to the ledger's validators at rising rates and measures how many\n"
    "a second are confirmed and how long each waits. Run it under mpirun on at least two ranks:\n"
    "the last one plays all meters, the others host the validators.";
constexpr std::uint32_t fewest_meters = 48;  // as the paper's test network
constexpr std::uint32_t most_meters = 2000;
constexpr double longest_delay = 0.2;  // [s] that the default number of meters bears

std::vector<double> rates_in(const std::string& text) {
  std::vector<double> rates;
  if (text == "auto") return rates;
  const cli::Range range{1.0, 1e6};
  const auto wanted = cli::read_value(text, range, rates);
  if (!wanted.empty()) throw InputError("--rate is '" + text + "'; give auto or " + wanted);
  return rates;
}

}  // namespace

std::uint32_t Settings::meters_at(double rate) const {
  const auto enough = static_cast<std::uint32_t>(std::ceil(longest_delay * std::min(rate, 1e5)));
  return meters.value_or(std::clamp(enough, fewest_meters, most_meters));
}

int Settings::ranks_for(std::uint32_t count, int ranks) const {
  return std::min({static_cast<int>(count), ranks - 1, validator_ranks.value_or(ranks - 1)});
}

bool read_settings(int argc, const char* const* argv, int ranks, Settings& settings,
                   std::ostream& out) {
  std::string rates = "auto";
  cli::Options options("gridtally-ledger-bench", summary);
  options.option("validators", settings.validators, "", "how many, one after the other", {1, 1000})
      .option("rate", rates, "1/s",
              "offered rates besides the paper's 150, ascending; auto: doubled until saturation, "
              "then narrowed down")
      .option("seconds", settings.seconds, "s", "measured at each rate, after a warm-up",
              {0.1, 3600})
      .option("validator-ranks", settings.validator_ranks, "",
              "that host the validators; without it as many as there are", {1, 100000})
      .option("meters", settings.meters, "",
              "that take turns, one transaction each at a time; without it enough for a delay of "
              "200 ms, from 48 to 2000",
              {2, 100000})
      .option("deadline", settings.deadline, "ms", "a block is made of what is there by then",
              {0, 10000})
      .option("records", settings.records, "",
              "folder of durable vote records, as a run keeps them; without it none are kept")
      .option("output", settings.output, "", "CSV file");
  if (!options.parse(argc, argv, out)) return false;
  settings.rates = rates_in(rates);
  if (ranks < 2) {
    throw InputError("one rank cannot play both sides: use mpirun -n 2 or more");
  }
  return true;
}

}  // namespace gridtally::ledger_bench
