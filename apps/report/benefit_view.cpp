#include "report/benefit_view.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

constexpr std::size_t losers_named = 5;
constexpr std::size_t days_listed = 31;
constexpr std::uint32_t most_days = 3660;  // of a private file's profiles

archive::PrivateFile read_file(const RunView& run, std::uint32_t m,
                               archive::PrivateFolder& folder) {
  const auto& meter = run.genesis.meters[m];
  return folder.read({run.run_id, m, meter.first, meter.count,
                      std::max(run.genesis.days, most_days),
                      static_cast<std::uint32_t>(run.genesis.terms.slots),
                      static_cast<std::uint32_t>(run.genesis.prosumers.size()),
                      static_cast<std::uint32_t>(run.genesis.meters.size())});
}

void add_meter(const RunView& run, const archive::PrivateFile& file, BenefitView& view) {
  const auto slots = static_cast<std::uint32_t>(run.genesis.terms.slots);
  for (const auto& prosumer : file.prosumers) {
    for (std::size_t i = 0; i < view.days.size(); ++i) {
      view.private_by_day[i][prosumer.prosumer] =
          private_benefit(prosumer, slots, std::span(view.days).subspan(i, 1));
    }
    view.private_sum[prosumer.prosumer] = private_benefit(prosumer, slots, view.days);
  }
}

void add_private(const RunView& run, const std::filesystem::path& folder, BenefitView& view) {
  const std::size_t prosumers = run.genesis.prosumers.size();
  view.private_sum.resize(prosumers);
  view.private_by_day.assign(view.days.size(),
                             std::vector<std::optional<PrivateBenefit>>(prosumers));
  archive::PrivateFolder files(folder);
  for (std::uint32_t m = 0; m < run.genesis.meters.size(); ++m) {
    if (!files.file_of(m)) continue;
    add_meter(run, read_file(run, m, files), view);
    view.has_private = true;
  }
  if (view.has_private) return;
  throw InputError("--private " + folder.string() + ": holds no private file of this run's " +
                   counted(run.genesis.meters.size(), "meter"));
}

std::string days_text(const BenefitView& view) {
  if (view.days.size() == 1) return "day " + std::to_string(view.days[0]);
  return counted(view.days.size(), "day");
}

std::string row_text(const std::string& name, const ledger::Benefit& benefit, bool has_private,
                     const std::optional<PrivateBenefit>& own) {
  std::string text = padded(name, 24);
  for (const double cents : {benefit.cost_alone, benefit.cost, benefit.cost_at_own_prices}) {
    text += padded(to_fixed(cents, 2), 12);
  }
  text += padded(to_fixed(benefit.bought, 2), 10) + padded(to_fixed(benefit.sold, 2), 10);
  if (has_private) {
    text += padded(own ? to_fixed(own->curtailed, 2) : "-", 11);
    text += padded(own ? to_fixed(own->peak, 2) : "-", 9);
  }
  return text + (benefit.loses() ? "  pays more than alone\n" : "\n");
}

void add_losers_list(Json& json, const char* name, const RunView& run,
                     std::span<const ledger::Benefit> benefits) {
  json.begin_list(name);
  for (const auto u : ledger::losers(benefits)) {
    json.begin_object().member("index", std::uint64_t{u});
    json.member("name", run.genesis.prosumers[u]).member("cost_alone", benefits[u].cost_alone);
    json.member("cost", benefits[u].cost).member("loss", benefits[u].loss()).end_object();
  }
  json.end_list();
}

}  // namespace

PrivateBenefit private_benefit(const archive::PrivateProsumer& prosumer, std::uint32_t slots,
                               std::span<const std::uint32_t> days) {
  PrivateBenefit sum;
  for (const auto day : days) {
    if (day >= prosumer.schedules.size()) continue;
    const auto& schedule = prosumer.schedules[day];
    for (std::size_t t = 0; t < slots; ++t) {
      sum.curtailed += prosumer.renewable[std::size_t{day} * slots + t] - schedule.renewable[t];
      sum.peak = std::max(sum.peak, schedule.grid[t]);
    }
  }
  return sum;
}

archive::PrivateFile read_meter_file(const RunView& run, std::uint32_t prosumer,
                                     const std::filesystem::path& folder) {
  archive::PrivateFolder files(folder);
  return read_file(run, ledger::meter_of(run.genesis, prosumer), files);
}

BenefitView view_benefits(const RunView& run, std::optional<std::uint32_t> day,
                          const std::optional<std::filesystem::path>& private_folder) {
  BenefitView view;
  for (const auto& state : run.states) {
    if (!state.settled || (day && *day != state.turn.day)) continue;
    view.days.push_back(state.turn.day);
    view.by_day.push_back(ledger::benefits(run.genesis, state));
    view.sum.resize(run.genesis.prosumers.size());
    for (std::size_t u = 0; u < view.sum.size(); ++u) view.sum[u] += view.by_day.back()[u];
  }
  if (private_folder) add_private(run, *private_folder, view);
  return view;
}

std::string losers_text(const RunView& run, const BenefitView& view) {
  if (view.days.empty()) return "";
  const std::string price = to_text(run.genesis.terms.p2p_price);
  std::string text = "at the trading price of " + price + " cents/kWh\n";
  for (std::size_t i = 0; view.days.size() > 1 && i < view.days.size() && i < days_listed; ++i) {
    text += padded(std::to_string(view.days[i]), 5) + "  " +
            ledger::losers_text(run.genesis, view.by_day[i], losers_named) + '\n';
  }
  if (view.days.size() > days_listed) text += "    …  --day N shows another day\n";
  return text + padded(view.days.size() > 1 ? "all" : std::to_string(view.days[0]), 5) + "  " +
         ledger::losers_text(run.genesis, view.sum, losers_named) + '\n';
}

std::string benefit_text(const RunView& run, const BenefitView& view) {
  if (view.days.empty()) return "no day has settled\n";
  std::string text = days_text(view) + ": costs [cents] alone, at the trading price of " +
                     to_text(run.genesis.terms.p2p_price) +
                     " cents/kWh, at the market's own prices; energy [kWh]\n";
  text += padded("prosumer", 24) + padded("alone", 12) + padded("trading", 12) +
          padded("own prices", 12) + padded("bought", 10) + padded("sold", 10);
  text += view.has_private ? padded("curtailed", 11) + padded("peak", 9) + '\n' : "\n";
  for (std::size_t u = 0; u < view.sum.size(); ++u) {
    text += row_text(run.genesis.prosumers[u], view.sum[u], view.has_private,
                     view.has_private ? view.private_sum[u] : std::nullopt);
  }
  return text;
}

void add_losers(Json& json, const RunView& run, const BenefitView& view) {
  add_losers_list(json, "losers", run, view.sum);
  json.begin_list("losers_by_day");
  for (std::size_t i = 0; i < view.days.size(); ++i) {
    json.begin_object().member("day", view.days[i]);
    add_losers_list(json, "losers", run, view.by_day[i]);
    json.end_object();
  }
  json.end_list();
}

void add_benefit(Json& json, const ledger::Benefit& benefit,
                 const std::optional<PrivateBenefit>& own) {
  json.member("cost_alone", benefit.cost_alone).member("cost", benefit.cost);
  json.member("cost_at_own_prices", benefit.cost_at_own_prices);
  json.member("bought", benefit.bought).member("sold", benefit.sold);
  if (own) json.member("curtailed", own->curtailed).member("peak", own->peak);
  json.member("loses", benefit.loses());
}

void add_benefits(Json& json, const RunView& run, const BenefitView& view) {
  json.begin_list("benefits");
  for (std::size_t i = 0; i < view.days.size(); ++i) {
    json.begin_object().member("day", view.days[i]).begin_list("prosumers");
    for (std::size_t u = 0; u < view.sum.size(); ++u) {
      json.begin_object().member("index", std::uint64_t{u});
      json.member("name", run.genesis.prosumers[u]);
      add_benefit(json, view.by_day[i][u],
                  view.has_private ? view.private_by_day[i][u] : std::nullopt);
      json.end_object();
    }
    json.end_list().end_object();
  }
  json.end_list();
}

}  // namespace gridtally::report
