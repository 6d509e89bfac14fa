#include <iostream>
#include <sstream>

#include "base/text.hpp"
#include "cli/options.hpp"
#include "cli/run_app.hpp"
#include "model/community_folder.hpp"
#include "scenario/scenario.hpp"

namespace {

using gridtally::ExitStatus;
using gridtally::InputError;

std::chrono::year_month_day parse_date(const std::string& text) {
  const auto fields = gridtally::split(text, '-');
  std::vector<std::int64_t> numbers;
  numbers.reserve(fields.size());
  for (const auto field : fields) {
    numbers.push_back(gridtally::parse_integer(field).value_or(-1));
  }
  if (numbers.size() == 3 && numbers[0] > 0 && numbers[0] < 10'000 && numbers[1] > 0 &&
      numbers[1] < 13 && numbers[2] > 0 && numbers[2] < 32) {
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(numbers[0])},
                                           std::chrono::month{static_cast<unsigned>(numbers[1])},
                                           std::chrono::day{static_cast<unsigned>(numbers[2])}};
    if (date.ok()) return date;
  }
  throw InputError("--start: \"" + text + "\" is not a date; give year-month-day, e.g. 2016-09-12");
}

ExitStatus import_community(int argc, char** argv) {
  gridtally::scenario::ImportOptions wanted;
  std::string source;
  std::string start = "2016-09-12";
  std::filesystem::path output = "community";
  bool force = false;
  wanted.homes = {1, 2, 3, 8, 9, 10, 11, 13, 16, 17};
  gridtally::cli::Options options(
      "gridtally-import",
      "Writes a community folder from published measurements. SOURCE citylearn: the CityLearn\n"
      "Challenge 2022 homes (inputs/README.md says where to get them).");
  options.argument("SOURCE", source, "kind of files: citylearn")
      .argument("DIR", wanted.folder, "folder with Building_N.csv, pricing.csv, schema.json")
      .option("homes", wanted.homes, "", "numbers of the homes")
      .option("start", start, "", "first day, within 2016-08-01 to 2017-07-31")
      .option("days", wanted.days, "days", "length of the study", {1, 365})
      .option("flexible-share", wanted.flexible_share, "of the load", "load that can be shifted",
              {0, 1})
      .option("wind", wanted.wind_file, "", "CSV file of 8760 hourly capacity factors")
      .option("wind-homes", wanted.wind_homes, "", "homes with a wind turbine")
      .option("wind-kw", wanted.wind_kw, "kW", "turbine of each wind home", {0, 1e6})
      .option("reserve-prices", wanted.reserve_prices_file, "", "CSV file of 2020's hourly prices")
      .flag("allow-doubtful-homes", wanted.allow_doubtful_homes,
            "accept homes whose columns are known to be wrong")
      .option("output", output, "", "community folder to write")
      .flag("force", force, "write into a folder that exists already");
  if (!options.parse(argc, argv)) return ExitStatus::success;
  if (source != "citylearn") {
    throw InputError("SOURCE: \"" + source + "\" is unknown; give citylearn");
  }
  wanted.start = parse_date(start);
  gridtally::model::refuse_existing(output, force);

  const auto community = gridtally::scenario::import_citylearn(wanted);
  gridtally::model::write_community(community, output);
  std::cout << "wrote " << output.string() << ": " << community.size() << " homes, " << wanted.days
            << " days from " << start << ", " << wanted.wind_homes.size() << " with "
            << gridtally::to_text(wanted.wind_kw) << " kW of wind\n";
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, import_community); }
