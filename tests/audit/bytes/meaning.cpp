#include "audit/bytes/meaning.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace gridtally::audit::testing {

namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" `");
  const auto last = text.find_last_not_of(" `");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The cells of "| a | b | c |".
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  for (std::size_t at = 1; at < line.size();) {
    const auto end = std::min(line.find('|', at), line.size());
    found.push_back(trimmed(line.substr(at, end - at)));
    at = end + 1;
  }
  return found;
}

bool fits(const WithoutMeaning& line, const Part& part) {
  return matches(line.structure, part.structure) &&
         (line.owner.empty() || matches(line.owner, part.owner));
}

}  // namespace

bool matches(const std::string& pattern, const std::string& text) {
  const auto star = pattern.find('*');
  if (star == std::string::npos) return pattern == text;
  if (text.compare(0, star, pattern, 0, star) != 0) return false;
  const auto rest = pattern.substr(star + 1);
  for (auto at = star; at <= text.size(); ++at) {
    if (matches(rest, text.substr(at))) return true;
  }
  return false;
}

std::vector<WithoutMeaning> read_list() {
  std::ifstream page(GRIDTALLY_SOURCE_DIR "/src/archive/FORMAT.md");
  std::vector<WithoutMeaning> list;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) inside = line == "## Bytes without meaning";
    if (!inside || !line.starts_with("| `")) continue;
    const auto columns = cells(line);
    if (columns.size() != 3) throw std::runtime_error("FORMAT.md: " + line);
    list.push_back({columns[0], columns[1], columns[2]});
  }
  return list;
}

bool Tally::add(const Part& part) {
  const auto line =
      std::find_if(list_.begin(), list_.end(), [&](const auto& one) { return fits(one, part); });
  if (line == list_.end()) {
    ++unlisted_[part];
    return false;
  }
  ++by_reason_[line->reason];
  return true;
}

void print(const std::string& title, const Trials& trials) {
  std::map<Outcome, std::size_t> counts;
  for (const auto outcome : trials.outcomes) ++counts[outcome];
  std::cout << title << ": " << trials.outcomes.size() << " bytes";
  for (const auto& [outcome, count] : counts) std::cout << ", " << count << ' ' << name(outcome);
  std::cout << "; at most " << trials.most_kilobytes / 1024 << " MiB\n";
}

void print(const Tally& tally) {
  for (const auto& [reason, bytes] : tally.by_reason()) {
    std::cout << "  without meaning: " << bytes << " bytes, " << reason << '\n';
  }
  std::map<std::string, std::pair<std::size_t, std::string>> by_structure;
  for (const auto& [part, bytes] : tally.unlisted()) {
    auto& [all, owner] = by_structure[part.structure];
    all += bytes;
    owner = part.owner;
  }
  for (const auto& [structure, found] : by_structure) {
    std::cout << "  NOT LISTED: " << found.first << " bytes of '" << structure << "', such as of '"
              << found.second << "'\n";
  }
}

}  // namespace gridtally::audit::testing
