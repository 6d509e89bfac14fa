#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "archive/private_file.hpp"
#include "ledger/benefit.hpp"
#include "report/run_view.hpp"

namespace gridtally::report {

/// What only a private file tells of a settled day, or of several: curtailed adds up, peak is the
/// greatest.
struct PrivateBenefit {
  double curtailed = 0.0;  ///< renewable energy on offer and not used [kWh]
  double peak = 0.0;       ///< most bought from the grid in a slot [kWh]
};

/// `days`: of a private file's settled days, those to add up.
PrivateBenefit private_benefit(const archive::PrivateProsumer& prosumer, std::uint32_t slots,
                               std::span<const std::uint32_t> days);

/// The file of the meter that serves `prosumer`; its commitments are not checked here.
archive::PrivateFile read_meter_file(const RunView& run, std::uint32_t prosumer,
                                     const std::filesystem::path& folder);

/// What taking part came to for every prosumer: of each settled day shown, and in sum.
struct BenefitView {
  std::vector<std::uint32_t> days;
  std::vector<std::vector<ledger::Benefit>> by_day;  ///< [day][prosumer]
  std::vector<ledger::Benefit> sum;                  ///< [prosumer]; empty without a settled day
  bool has_private = false;
  /// Likewise; nothing for a prosumer whose meter's file is not there.
  std::vector<std::vector<std::optional<PrivateBenefit>>> private_by_day;
  std::vector<std::optional<PrivateBenefit>> private_sum;
};

/// `day`: that day only. InputError when no meter's file is in `private_folder`.
BenefitView view_benefits(const RunView& run, std::optional<std::uint32_t> day,
                          const std::optional<std::filesystem::path>& private_folder = {});

/// Who pays more than alone at the fixed trading price: on each day and over all, in a few lines.
std::string losers_text(const RunView& run, const BenefitView& view);
/// One line a prosumer, over the days shown.
std::string benefit_text(const RunView& run, const BenefitView& view);

/// Members of the open JSON object: "losers" over the days shown, and "losers_by_day", the greatest
/// loss first.
void add_losers(Json& json, const RunView& run, const BenefitView& view);
/// The list "benefits": of each day, one object a prosumer.
void add_benefits(Json& json, const RunView& run, const BenefitView& view);
/// Members of one prosumer's object; private ones where known.
void add_benefit(Json& json, const ledger::Benefit& benefit,
                 const std::optional<PrivateBenefit>& own);

}  // namespace gridtally::report
