#include "report/prosumer_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "archive/private_layout.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

constexpr std::size_t names_listed = 20;

archive::PrivateProsumer read_own(const RunView& run, std::uint32_t prosumer,
                                  const std::filesystem::path& folder) {
  auto file = read_meter_file(run, prosumer, folder);
  return std::move(file.prosumers[prosumer - file.prosumers.front().prosumer]);
}

PartnerTrade trade_with(const market::Terms& terms, const ledger::ContractState& state,
                        std::size_t arc) {
  PartnerTrade out;
  out.partner = terms.graph.arc(arc).to;
  out.trade.resize(terms.slots);
  out.price.resize(terms.slots);
  if (state.trades) {
    std::copy_n(state.trades->begin() + static_cast<std::ptrdiff_t>(arc * terms.slots), terms.slots,
                out.trade.begin());
  } else {
    market::read_trade(terms, state.iterate, arc, out.trade);
  }
  market::read_price(terms, state.iterate, arc, out.price);
  for (const double energy : out.trade) (energy > 0.0 ? out.bought : out.sold) += std::abs(energy);
  out.payment = terms.p2p_price * (out.bought - out.sold);
  return out;
}

ProsumerDay view_day(const ledger::Genesis& genesis, const ledger::ContractState& state,
                     std::uint32_t u) {
  const auto& terms = genesis.terms;
  ProsumerDay day;
  day.day = state.turn.day;
  day.settled = state.settled;
  day.balance = static_cast<double>(state.balances[u]) / 1e6;
  if (state.settled) {
    day.bill = static_cast<double>(state.bills[u]) / 1e6;
    day.unfunded = state.answers[u].unfunded;
    day.benefit = ledger::benefits(genesis, state)[u];
  }
  day.net_trade.assign(terms.slots, 0.0);
  for (auto arc = terms.graph.first(u); arc < terms.graph.first(u + 1); ++arc) {
    day.partners.push_back(trade_with(terms, state, arc));
    for (std::size_t t = 0; t < terms.slots; ++t) {
      day.net_trade[t] += day.partners.back().trade[t];
    }
  }
  return day;
}

std::string schedule_text(const archive::PrivateSchedule& schedule) {
  std::string text = padded("slot", 8);
  for (const auto& field : archive::schedule_fields) text += padded(field.name, 11);
  text += "  [kWh]\n";
  for (std::size_t t = 0; t < schedule.grid.size(); ++t) {
    text += padded(std::to_string(t), 8);
    for (const auto& field : archive::schedule_fields) {
      text += padded(to_fixed((schedule.*field.member)[t], 4), 11);
    }
    text += '\n';
  }
  return text;
}

std::string money_text(const ProsumerDay& day) {
  if (!day.settled) return "not settled: trades are those of the last iteration, no bill\n";
  const auto& benefit = day.benefit;
  std::string text = "cost " + to_fixed(benefit.cost, 4) + " ct, alone " +
                     to_fixed(benefit.cost_alone, 4) + " ct, at the market's own prices " +
                     to_fixed(benefit.cost_at_own_prices, 4) + " ct" +
                     (benefit.loses() ? "; pays more than alone\n" : "\n");
  text += "  bill " + to_fixed(day.bill, 6) + " ct" + (day.bill < 0.0 ? " (is paid)" : "") +
          ", balance " + to_fixed(day.balance, 6) + " ct" +
          (day.unfunded ? " (could not have paid: its trades were cancelled)" : "") +
          "; net in its slots: bought " + to_fixed(benefit.bought, 4) + " kWh, sold " +
          to_fixed(benefit.sold, 4) + " kWh";
  if (day.own) {
    text += "; curtailed " + to_fixed(day.own->curtailed, 4) + " kWh, peak " +
            to_fixed(day.own->peak, 4) + " kWh";
  }
  return text + '\n';
}

std::string day_text(const RunView& run, const ProsumerDay& day) {
  std::string text = "\nday " + std::to_string(day.day) + ": " + money_text(day);
  text += padded("partner", 24) + padded("bought [kWh]", 14) + padded("sold [kWh]", 14) +
          padded("pays [ct]", 14) + '\n';
  for (const auto& partner : day.partners) {
    text += padded(run.genesis.prosumers[partner.partner], 24) +
            padded(to_fixed(partner.bought, 4), 14) + padded(to_fixed(partner.sold, 4), 14) +
            padded(to_fixed(partner.payment, 4), 14) + '\n';
  }
  if (day.schedule) text += schedule_text(*day.schedule);
  return text;
}

void add_schedule(Json& json, const std::optional<archive::PrivateSchedule>& schedule) {
  if (!schedule) return;
  json.begin_object("schedule");
  for (const auto& field : archive::schedule_fields) {
    json.member(field.name, std::span<const double>((*schedule).*field.member));
  }
  json.member("battery_start", schedule->battery_start).end_object();
}

void add_day(Json& json, const RunView& run, const ProsumerDay& day) {
  json.begin_object().member("day", day.day).member("settled", day.settled);
  json.member("balance", day.balance);
  if (day.settled) {
    json.member("bill", day.bill).member("unfunded", day.unfunded);
    add_benefit(json, day.benefit, day.own);
  } else {
    json.null_member("bill").null_member("cost").null_member("cost_alone");
  }
  json.member("net_trade", std::span<const double>(day.net_trade));
  json.begin_list("trades");
  for (const auto& partner : day.partners) {
    json.begin_object().member("partner", partner.partner);
    json.member("name", run.genesis.prosumers[partner.partner]);
    json.member("bought", partner.bought).member("sold", partner.sold);
    json.member("payment", partner.payment);
    json.member("trade", std::span<const double>(partner.trade));
    json.member("price", std::span<const double>(partner.price)).end_object();
  }
  json.end_list();
  add_schedule(json, day.schedule);
  json.end_object();
}

}  // namespace

std::uint32_t find_prosumer(const ledger::Genesis& genesis, const std::string& wanted) {
  const auto& names = genesis.prosumers;
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found != names.end()) return static_cast<std::uint32_t>(found - names.begin());
  const auto index = parse_integer(wanted);
  if (index && *index >= 0 && static_cast<std::uint64_t>(*index) < names.size()) {
    return static_cast<std::uint32_t>(*index);
  }
  std::string valid;
  for (std::size_t i = 0; i < names.size() && i < names_listed; ++i) {
    valid += (i > 0 ? ", " : "") + names[i];
  }
  throw InputError("--prosumer " + wanted + ": the archive has prosumers 0 to " +
                   std::to_string(names.size() - 1) + ": " + valid +
                   (names.size() > names_listed ? ", …" : ""));
}

ProsumerView view_prosumer(const RunView& run, std::uint32_t prosumer,
                           std::optional<std::uint32_t> day,
                           const std::optional<std::filesystem::path>& private_folder) {
  ProsumerView view;
  view.index = prosumer;
  view.name = run.genesis.prosumers[prosumer];
  view.meter = ledger::meter_of(run.genesis, prosumer);
  const auto& opening = run.genesis.opening_balances[prosumer];
  if (opening) view.opening = static_cast<double>(*opening) / 1e6;
  std::optional<archive::PrivateProsumer> own;
  if (private_folder) own = read_own(run, prosumer, *private_folder);
  for (const auto& state : run.states) {
    if (day && *day != state.turn.day) continue;
    view.days.push_back(view_day(run.genesis, state, prosumer));
    if (!own || state.turn.day >= own->schedules.size()) continue;
    view.days.back().schedule = own->schedules[state.turn.day];
    const auto slots = static_cast<std::uint32_t>(run.genesis.terms.slots);
    const std::array shown{state.turn.day};
    view.days.back().own = private_benefit(*own, slots, shown);
  }
  return view;
}

std::string prosumer_text(const RunView& run, const ProsumerView& prosumer) {
  std::string text = "prosumer " + std::to_string(prosumer.index) + ": " + prosumer.name +
                     ", served by meter " + std::to_string(prosumer.meter) + '\n';
  text += "account opened with " +
          (prosumer.opening ? to_fixed(*prosumer.opening, 6) + " ct; it must not fall below 0\n"
                            : std::string("nothing; it may owe\n"));
  for (const auto& day : prosumer.days) text += day_text(run, day);
  return text;
}

void add_prosumer(Json& json, const RunView& run, const ProsumerView& prosumer) {
  json.begin_object("prosumer").member("index", prosumer.index).member("name", prosumer.name);
  json.member("meter", prosumer.meter);
  if (prosumer.opening) {
    json.member("opening", *prosumer.opening);
  } else {
    json.null_member("opening");
  }
  json.begin_list("days");
  for (const auto& day : prosumer.days) add_day(json, run, day);
  json.end_list().end_object();
}

}  // namespace gridtally::report
