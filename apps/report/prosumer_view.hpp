#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "archive/private_file.hpp"
#include "report/benefit_view.hpp"

namespace gridtally::report {

/// Trade with one partner on one day; positive: bought from it.
struct PartnerTrade {
  std::uint32_t partner = 0;
  double bought = 0.0;        ///< sum of the slots with a purchase [kWh]
  double sold = 0.0;          ///< sum of the slots with a sale [kWh]
  double payment = 0.0;       ///< at the trading price π [cents]; positive: pays
  std::vector<double> trade;  ///< p' [T] [kWh]
  std::vector<double> price;  ///< λ [T] [cents/kWh]
};

struct ProsumerDay {
  std::uint32_t day = 0;
  bool settled = false;   ///< only then are bill and benefit meant
  double bill = 0.0;      ///< [cents]; positive: pays
  double balance = 0.0;   ///< of the account after the day [cents]
  bool unfunded = false;  ///< could not have paid: its trades were cancelled
  ledger::Benefit benefit;
  std::optional<PrivateBenefit> own;                 ///< where the private file was given
  std::vector<double> net_trade;                     ///< s [T] [kWh]
  std::vector<PartnerTrade> partners;                ///< in prosumer order
  std::optional<archive::PrivateSchedule> schedule;  ///< where the private file was given
};

struct ProsumerView {
  std::uint32_t index = 0;
  std::string name;
  std::uint32_t meter = 0;
  std::optional<double> opening;  ///< balance of the account at the start [cents]
  std::vector<ProsumerDay> days;
};

/// By name, else by index; InputError names the valid ones.
std::uint32_t find_prosumer(const ledger::Genesis& genesis, const std::string& wanted);

/// `private_folder`: where the meter's private file is (its commitments are not checked here).
/// `day`: that day only.
ProsumerView view_prosumer(const RunView& run, std::uint32_t prosumer,
                           std::optional<std::uint32_t> day,
                           const std::optional<std::filesystem::path>& private_folder);

std::string prosumer_text(const RunView& run, const ProsumerView& prosumer);
/// The member "prosumer" of the JSON object that is open.
void add_prosumer(Json& json, const RunView& run, const ProsumerView& prosumer);

}  // namespace gridtally::report
