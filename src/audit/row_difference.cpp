#include "audit/row_difference.hpp"

#include "archive/private_layout.hpp"
#include "base/text.hpp"

namespace gridtally::audit {

namespace {

Finding finding(std::string what, std::string expected, std::string found) {
  Finding bad;
  bad.what = std::move(what);
  bad.expected = std::move(expected);
  bad.found = std::move(found);
  return bad;
}

std::optional<Finding> numbers(const std::string& what, const std::vector<double>& expected,
                               const std::vector<double>& found, std::size_t slots) {
  for (std::size_t i = 0; i < expected.size() && i < found.size(); ++i) {
    if (expected[i] == found[i]) continue;
    auto bad = finding(what, to_text(expected[i]), to_text(found[i]));
    bad.slot = static_cast<std::uint32_t>(i % slots);
    return bad;
  }
  if (expected.size() == found.size()) return std::nullopt;
  return finding(what + "'s length", std::to_string(expected.size()), std::to_string(found.size()));
}

std::optional<Finding> number(const std::string& what, double expected, double found) {
  if (expected == found) return std::nullopt;
  return finding(what, to_text(expected), to_text(found));
}

std::optional<Finding> digest(const char* what, const ledger::Digest& expected,
                              const ledger::Digest& found) {
  if (expected == found) return std::nullopt;
  return finding(what, ledger::to_hex(expected), ledger::to_hex(found));
}

std::optional<Finding> row_difference(const ledger::Decision& expected,
                                      const ledger::Decision& found, std::size_t slots) {
  if (auto bad = numbers("decision", expected.numbers, found.numbers, slots)) return bad;
  return digest("commitment to the iterate", expected.commitment, found.commitment);
}

std::optional<Finding> row_difference(const ledger::Acceptance& expected,
                                      const ledger::Acceptance& found, std::size_t slots) {
  if (expected.accepted != found.accepted) {
    const auto word = [](bool accepted) { return accepted ? "accepted" : "refused"; };
    return finding("answer", word(expected.accepted), word(found.accepted));
  }
  if (auto bad = numbers("change", expected.change, found.change, slots)) return bad;
  if (auto bad = number("cost [cents]", expected.cost, found.cost)) return bad;
  if (auto bad = number("cost alone [cents]", expected.cost_alone, found.cost_alone)) return bad;
  if (auto bad = number("bound [cents]", expected.bound, found.bound)) return bad;
  return digest("commitment to the schedule", expected.commitment, found.commitment);
}

template <typename Row>
std::optional<Finding> rows_difference(const std::vector<Row>& expected,
                                       const std::vector<Row>& found, std::size_t slots) {
  for (std::size_t i = 0; i < expected.size() && i < found.size(); ++i) {
    auto bad = row_difference(expected[i], found[i], slots);
    if (!bad) continue;
    bad->prosumer = expected[i].prosumer;
    return bad;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Finding> transaction_difference(const ledger::Transaction& expected,
                                              const ledger::Transaction& found, std::size_t slots) {
  if (expected == found) return std::nullopt;
  auto bad = rows_difference(expected.decisions, found.decisions, slots);
  if (!bad) bad = rows_difference(expected.acceptances, found.acceptances, slots);
  if (!bad) bad = finding("transaction", "what the meter's private data give", "another");
  bad->height = expected.turn.height;
  bad->day = expected.turn.day;
  bad->meter = expected.meter;
  bad->what = "replay: " + bad->what;
  return bad;
}

std::optional<Finding> schedule_difference(const archive::PrivateSchedule& expected,
                                           const archive::PrivateSchedule& found) {
  if (expected == found) return std::nullopt;
  std::optional<Finding> bad;
  archive::for_each_schedule_field([&](const std::string& path, const auto& field) {
    const auto& wanted = expected.*field.member;
    if (!bad) bad = numbers(path, wanted, found.*field.member, wanted.size());
  });
  archive::for_each_schedule_total([&](const std::string& path, const auto& total) {
    if (!bad) bad = number(path, expected.*total.member, found.*total.member);
  });
  return bad;
}

}  // namespace gridtally::audit
