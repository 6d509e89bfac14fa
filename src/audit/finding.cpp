#include "audit/finding.hpp"

#include <utility>

namespace gridtally::audit {

namespace {
template <typename Number>
void add_place(std::string& text, const char* name, const std::optional<Number>& number) {
  if (number) text += (text.empty() ? "" : ", ") + std::string(name) + std::to_string(*number);
}
}  // namespace

std::string name(Verdict verdict) {
  switch (verdict) {
    case Verdict::sound:
      return "sound";
    case Verdict::unsound:
      return "unsound";
    case Verdict::not_auditable:
      return "not auditable";
  }
  return "?";
}

Finding not_auditable(std::string file, std::string what, std::string found) {
  Finding finding;
  finding.verdict = Verdict::not_auditable;
  finding.file = std::move(file);
  finding.what = std::move(what);
  finding.found = std::move(found);
  return finding;
}

Finding finding_of(const ledger::Fault& fault) {
  Finding finding;
  finding.height = fault.height;
  finding.meter = fault.meter;
  finding.prosumer = fault.prosumer;
  finding.day = fault.day;
  finding.slot = fault.slot;
  finding.what = fault.what;
  finding.expected = fault.expected;
  finding.found = fault.found;
  return finding;
}

Finding finding_of(const archive::ArchiveFault& fault) {
  Finding finding;
  if (fault.standing == archive::Standing::not_auditable) finding.verdict = Verdict::not_auditable;
  finding.file = fault.place;
  finding.height = fault.height;
  finding.what = fault.what;
  finding.expected = fault.expected;
  finding.found = fault.found;
  return finding;
}

std::string describe(const Finding& finding) {
  std::string text = finding.file;
  add_place(text, "height ", finding.height);
  add_place(text, "meter ", finding.meter);
  add_place(text, "prosumer ", finding.prosumer);
  add_place(text, "day ", finding.day);
  add_place(text, "slot ", finding.slot);
  text += (text.empty() ? "" : ": ") + finding.what;
  if (!finding.expected.empty()) text += ": expected " + finding.expected;
  if (!finding.found.empty()) {
    text += (finding.expected.empty() ? ": " : ", found ") + finding.found;
  }
  return text;
}

}  // namespace gridtally::audit
