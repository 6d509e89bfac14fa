#include "reference/report.hpp"

#include <cstdio>
#include <span>

#include "base/text.hpp"
#include "report/json.hpp"

namespace gridtally::reference_app {

namespace {

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string row(std::size_t number, const Report::Day& day) {
  char line[160];
  const auto& x = day.outcome;
  std::snprintf(line, sizeof line, "%5zu %17.6f %17.6f  %8.1e  %8.1e  %10d  %7.2f\n", number,
                x.optimum, x.dual_bound, x.gap(), x.infeasibility, x.iterations, day.seconds);
  return line;
}

void add_figures(report::Json& json, std::size_t number, const Report::Day& day) {
  const auto& x = day.outcome;
  json.member("day", std::uint64_t{number})
      .member("solved", x.solved)
      .member("optimum", x.optimum)
      .member("dual_bound", x.dual_bound)
      .member("gap", x.gap())
      .member("infeasibility_kwh", x.infeasibility)
      .member("iterations", static_cast<std::uint64_t>(x.iterations))
      .member("seconds", day.seconds);
}

}  // namespace

std::string Report::text() const {
  std::string text = counted(prosumers, "prosumer") + " at " + counted(nodes, "node") + ", " +
                     counted(lines, "line") + "; " +
                     counted(static_cast<std::size_t>(ranks), "rank") + ", " + method + "\n" +
                     "  day      optimum [ct]   dual bound [ct]       gap  off [kWh]  iterations  "
                     "seconds\n";
  for (std::size_t d = 0; d < days.size(); ++d) text += row(d, days[d]);
  return text + to_fixed(seconds_in_all, 2) + " s in all\n";
}

std::string Report::json() const {
  report::Json json;
  json.begin_object();
  add_figures(json, days.size() - 1, days.back());
  json.member("seconds_in_all", seconds_in_all)
      .member("method", method)
      .member("prosumers", std::uint64_t{prosumers})
      .member("nodes", std::uint64_t{nodes})
      .member("lines", std::uint64_t{lines})
      .member("ranks", static_cast<std::uint64_t>(ranks));
  json.begin_list("clearing_prices");
  const auto& prices = days.back().outcome.prices;
  const std::size_t slots = prices.size() / nodes;
  for (std::size_t n = 0; n < nodes; ++n) {
    json.begin_object()
        .member("node", std::uint64_t{n})
        .member("cents_per_kwh", std::span(prices).subspan(n * slots, slots))
        .end_object();
  }
  json.end_list().begin_list("days");
  for (std::size_t d = 0; d < days.size(); ++d) {
    json.begin_object();
    add_figures(json, d, days[d]);
    json.end_object();
  }
  return json.end_list().end_object().text();
}

void Report::require_solved(const reference::Accuracy& accuracy) const {
  const auto& x = days.back().outcome;
  if (x.solved) return;
  throw Error("day " + std::to_string(days.size() - 1) + ": after " + std::to_string(x.iterations) +
                  " iterations the gap is " + to_text(x.gap()) + " (--gap " +
                  to_text(accuracy.gap) + ") and the equations are off by " +
                  to_text(x.infeasibility) +
                  " kWh. Raise --max-iterations or --gap; if the equations stay off, the day has "
                  "no feasible schedule",
              ExitStatus::not_converged);
}

}  // namespace gridtally::reference_app
