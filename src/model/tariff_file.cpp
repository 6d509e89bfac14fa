#include "base/text.hpp"
#include "model/csv_reader.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace {
constexpr Limits grid_limits{-largest_price, largest_price};
constexpr Limits reserve_limits{0.0, largest_price};
}  // namespace

void read_tariff(const std::filesystem::path& path, Community& community, Faults& faults) {
  const auto& settings = community.settings;
  const auto slots = static_cast<std::size_t>(settings.slots_per_day);
  const auto rows = static_cast<std::size_t>(settings.days) * slots;
  auto& tariff = community.tariff;
  tariff.grid_price.assign(rows, 0.0);
  tariff.reserve_price.assign(rows, 0.0);
  RowLines lines(rows, 0);
  CsvReader csv(path, tariff_header, faults);
  while (csv.next()) {
    const auto day = read_count(csv.field(0), "day", 0, settings.days - 1, csv.place(), faults);
    const auto slot =
        read_count(csv.field(1), "slot", 0, settings.slots_per_day - 1, csv.place(), faults);
    if (!day || !slot) continue;
    const Place place{csv.name(), csv.line(), {}, *day, *slot};
    const auto row = static_cast<std::size_t>(*day) * slots + static_cast<std::size_t>(*slot);
    if (lines[row] != 0) {
      faults.add(place, "the row is doubled, first on line " + std::to_string(lines[row]) +
                            "; give one row for each day and slot");
      continue;
    }
    lines[row] = static_cast<std::uint32_t>(csv.line());
    tariff.grid_price[row] = csv.number(2, grid_limits, place).value_or(0.0);
    tariff.reserve_price[row] = csv.number(3, reserve_limits, place).value_or(0.0);
  }
  if (csv.usable()) report_missing_rows(settings, lines, {csv.name()}, faults);
}

void write_tariff(const std::filesystem::path& path, const Community& community) {
  const auto slots = static_cast<std::size_t>(community.settings.slots_per_day);
  const auto& tariff = community.tariff;
  std::string text = std::string(tariff_header) + "\n";
  for (std::size_t row = 0; row < tariff.grid_price.size(); ++row) {
    text += std::to_string(row / slots) + "," + std::to_string(row % slots) + "," +
            gridtally::to_text(tariff.grid_price[row]) + "," +
            gridtally::to_text(tariff.reserve_price[row]) + "\n";
  }
  write_text(path, text);
}

}  // namespace gridtally::model
