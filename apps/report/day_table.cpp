#include "report/day_table.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"

namespace gridtally::report {

namespace {
using Row = std::array<std::string, 8>;

std::string row_text(const Row& row) {
  static constexpr std::array<std::size_t, 8> widths{5, 12, 15, 8, 13, 13, 13, 11};
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) text += padded(row[i], widths[i]);
  return text + '\n';
}

std::string money(const audit::DaySummary& day, double cents) {
  return day.settled ? to_fixed(cents, 2) : "-";
}
}  // namespace

std::string padded(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string scientific(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1e", value);
  return text.data();
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string day_table(std::span<const audit::DaySummary> days) {
  std::string text = row_text({"day", "iterations", "residual [kWh]", "blocks", "cost [ct]",
                               "alone [ct]", "bound [ct]", "gap"});
  for (const auto& day : days) {
    text +=
        row_text({std::to_string(day.day), std::to_string(day.iterations), scientific(day.residual),
                  std::to_string(day.blocks()), money(day, day.cost), money(day, day.cost_alone),
                  money(day, day.bound), day.settled ? scientific(day.gap) : "-"});
  }
  return text;
}

void add_days(Json& json, std::span<const audit::DaySummary> days) {
  json.begin_list("days");
  for (const auto& day : days) {
    json.begin_object().member("day", day.day).member("converged", day.converged);
    json.member("settled", day.settled).member("iterations", day.iterations);
    json.member("residual", day.residual);
    const auto money = [&](const char* name, double value) {
      if (day.settled) {
        json.member(name, value);
      } else {
        json.null_member(name);
      }
    };
    money("cost", day.cost);
    money("cost_alone", day.cost_alone);
    money("bound", day.bound);
    money("gap", day.gap);
    json.member("blocks", day.blocks()).member("left_out", day.left_out);
    json.member("level", audit::level(day)).end_object();
  }
  json.end_list();
}

std::string outcome_text(ledger::Outcome outcome, std::span<const audit::DaySummary> days,
                         std::uint32_t days_planned) {
  const auto settled =
      std::count_if(days.begin(), days.end(), [](const auto& day) { return day.settled; });
  std::string text = audit::name(outcome) + ": " + std::to_string(settled) + " of " +
                     counted(days_planned, "day") + " settled";
  if (outcome == ledger::Outcome::not_converged) {
    text += "; day " + std::to_string(days.back().day) + " reached the limit of " +
            counted(days.back().iterations, "iteration") + ", nothing of it is optimal";
  }
  return text;
}

}  // namespace gridtally::report
