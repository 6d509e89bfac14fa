#include <boost/program_options.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "base/file.hpp"
#include "base/text.hpp"
#include "model/csv_reader.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace po = boost::program_options;

namespace {

constexpr int most_slots = 288;
constexpr int most_days = 3660;
constexpr int most_iterations = 10'000'000;

/// One key of community.cfg: how to read it into Settings.
struct Key {
  const char* name;
  bool required;
  Limits limits;
  int Settings::*count;
  double Settings::*number;
};

constexpr Key keys[] = {
    {"slots_per_day", true, {1, most_slots}, &Settings::slots_per_day, nullptr},
    {"slot_hours", true, {0, 24, true}, nullptr, &Settings::slot_hours},
    {"days", true, {1, most_days}, &Settings::days, nullptr},
    {"peak_price", true, {0, largest_price}, nullptr, &Settings::peak_price},
    {"p2p_price", true, {0, largest_price}, nullptr, &Settings::p2p_price},
    {"rho", false, {0, 1e9}, nullptr, &Settings::rho},
    {"epsilon", false, {0, 1e6, true}, nullptr, &Settings::epsilon},
    {"gap", false, {0, 1}, nullptr, &Settings::gap},
    {"max_iterations", false, {1, most_iterations}, &Settings::max_iterations, nullptr},
};

/// Line of the first "key =", or 0.
std::size_t line_of(const std::string& text, std::string_view key) {
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (trimmed(std::string_view(line).substr(0, line.find('='))) == key) return number;
  }
  return 0;
}

std::map<std::string, std::string> parse(const std::string& name, const std::string& text,
                                         Faults& faults) {
  po::options_description known;
  for (const auto& key : keys) known.add_options()(key.name, po::value<std::string>(), "");
  std::map<std::string, std::string> values;
  std::istringstream stream(text);
  try {
    for (const auto& option : po::parse_config_file(stream, known, true).options) {
      const Place place{name, line_of(text, option.string_key)};
      const std::string value = option.value.empty() ? "" : option.value.front();
      if (option.unregistered) {
        faults.add(place, "unknown key \"" + option.string_key + "\" with value \"" + value +
                              "\"; src/model/README.md lists the keys");
      } else if (!values.try_emplace(option.string_key, value).second) {
        faults.add(place, "key \"" + option.string_key + "\" is given twice; give it once");
      }
    }
  } catch (const po::error& error) {
    faults.add({name}, std::string(error.what()) + "; give \"key = value\" on each line");
  }
  return values;
}

/// False when the key is missing or wrong.
bool assign(const Key& key, const std::map<std::string, std::string>& values, const Place& place,
            Settings& settings, Faults& faults) {
  const auto found = values.find(key.name);
  if (found == values.end()) {
    if (key.required) {
      faults.add({place.file}, "key \"" + std::string(key.name) + "\" is missing; add a line \"" +
                                   key.name + " = value\"");
    }
    return !key.required;
  }
  if (key.count != nullptr) {
    const auto value = read_count(found->second, key.name, static_cast<int>(key.limits.least),
                                  static_cast<int>(key.limits.most), place, faults);
    if (value) settings.*key.count = *value;
    return value.has_value();
  }
  const auto value = read_number(found->second, key.name, key.limits, place, faults);
  if (value) settings.*key.number = *value;
  return value.has_value();
}

}  // namespace

bool read_settings(const std::filesystem::path& path, Settings& settings, Faults& faults) {
  const std::string name = path.string();
  if (!std::filesystem::is_regular_file(path)) {
    faults.add({name}, "file missing; give an INI file with slots_per_day, slot_hours, days, …");
    return false;
  }
  const std::string text = read_text(path, 1 << 20);
  const auto values = parse(name, text, faults);
  bool sizes_known = true;
  for (const auto& key : keys) {
    const bool good = assign(key, values, {name, line_of(text, key.name)}, settings, faults);
    const bool is_size = key.count == &Settings::slots_per_day || key.count == &Settings::days;
    if (is_size && !good) sizes_known = false;
  }
  return sizes_known;
}

void write_settings(const std::filesystem::path& path, const Settings& settings) {
  const auto number = [](double value) { return gridtally::to_text(value); };
  write_text(path, "slots_per_day = " + std::to_string(settings.slots_per_day) +
                       "\n# hours\nslot_hours = " + number(settings.slot_hours) +
                       "\ndays = " + std::to_string(settings.days) +
                       "\n# cents per kWh of the day's peak slot\npeak_price = " +
                       number(settings.peak_price) +
                       "\n# cents/kWh\np2p_price = " + number(settings.p2p_price) +
                       "\n# ADMM penalty, cents/kWh^2; 0: chosen and adapted\nrho = " + number(settings.rho) +
                       "\n# stop test, kWh\nepsilon = " + number(settings.epsilon) +
                       "\n# certified relative gap that ends a day too; 0: none\ngap = " +
                       number(settings.gap) +
                       "\nmax_iterations = " + std::to_string(settings.max_iterations) + "\n");
}

}  // namespace gridtally::model
