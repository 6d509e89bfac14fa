#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "model/csv_reader.hpp"
#include "model/folder_files.hpp"

namespace gridtally::model {

namespace {

constexpr double no_limit = std::numeric_limits<double>::infinity();

std::string limit_text(double limit) {
  return std::isinf(limit) ? "none" : gridtally::to_text(limit) + " kWh";
}

struct Pairs {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<double, std::size_t>> seen;
  std::vector<market::Arc> arcs;
};

std::optional<std::uint32_t> find(std::string_view name, std::string_view column,
                                  const ProsumerIndex& index, const Place& place, Faults& faults) {
  const auto found = index.find(name);
  if (found != index.end()) return found->second;
  faults.add(place, std::string(column) + " \"" + std::string(name) +
                        "\" is unknown; give a name that prosumers.csv has");
  return std::nullopt;
}

void add_pair(CsvReader& csv, const market::Arc& arc, const Place& place, Pairs& pairs) {
  if (arc.from == arc.to) {
    csv.faults().add(place, "the prosumer is its own partner; give two different prosumers");
    return;
  }
  const auto key = std::minmax(arc.from, arc.to);
  const auto [known, fresh] = pairs.seen.try_emplace(key, arc.limit, csv.line());
  if (fresh) {
    pairs.arcs.push_back(arc);
  } else if (known->second.first != arc.limit) {
    csv.faults().add(place, "the pair with " + std::string(csv.field(1)) + " has limit " +
                                limit_text(arc.limit) + " here and " +
                                limit_text(known->second.first) + " on line " +
                                std::to_string(known->second.second) + "; give the same limit");
  }
}

void read_pair(CsvReader& csv, const ProsumerIndex& index, Pairs& pairs) {
  Place place = csv.place();
  place.prosumer = csv.field(0);
  const auto from = find(csv.field(0), "prosumer", index, place, csv.faults());
  const auto to = find(csv.field(1), "partner", index, place, csv.faults());
  double limit = no_limit;
  if (!csv.field(2).empty()) {
    const auto value = csv.number(2, energy_limits, place);
    if (!value) return;
    limit = *value;
  }
  if (from && to) add_pair(csv, {*from, *to, limit}, place, pairs);
}

}  // namespace

void read_partners(const std::filesystem::path& path, Community& community,
                   const ProsumerIndex& index, Faults& faults) {
  if (!std::filesystem::exists(path)) {
    community.partners = market::PartnerGraph::complete(community.size());
    return;
  }
  CsvReader csv(path, partners_header, faults);
  Pairs pairs;
  while (csv.next()) read_pair(csv, index, pairs);
  if (faults.count() > 0) return;
  community.partners = market::PartnerGraph::from_pairs(community.size(), pairs.arcs);
}

void write_partners(const std::filesystem::path& path, const Community& community) {
  const auto& graph = community.partners;
  if (graph.is_complete() && !graph.has_limits()) {
    std::filesystem::remove(path);
    return;
  }
  std::string text = std::string(partners_header) + "\n";
  for (std::size_t i = 0; i < graph.arcs(); ++i) {
    const auto& arc = graph.arc(i);
    if (arc.from > arc.to) continue;
    text += community.prosumers[arc.from].name + "," + community.prosumers[arc.to].name + "," +
            (std::isinf(arc.limit) ? "" : gridtally::to_text(arc.limit)) + "\n";
  }
  write_text(path, text);
}

}  // namespace gridtally::model
