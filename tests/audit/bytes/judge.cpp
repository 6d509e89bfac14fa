#include "audit/bytes/judge.hpp"

#include <algorithm>
#include <cstdlib>

#include "audit/audit.hpp"

namespace gridtally::audit::testing {

namespace {

bool begins_like(const Content& content, const Content& original) {
  return content.blocks.size() <= original.blocks.size() &&
         std::equal(content.blocks.begin(), content.blocks.end(), original.blocks.begin());
}

bool says(const std::string& expected, const std::string& found, const Named& named) {
  return named.words.empty() || (expected + " " + found).find(named.words) != std::string::npos;
}

bool names(const archive::ArchiveFault& fault, const Named& named) {
  return fault.place.starts_with(named.file) && says(fault.expected, fault.found, named);
}

bool names(const Finding& finding, const Named& named) {
  const bool at_height = finding.height && *finding.height >= named.first &&
                         *finding.height <= named.last && named.first > 0;
  // A piece of evidence is known by whom it accuses: where it stands is the height that it claims.
  const bool is_evidence = finding.what.starts_with("false evidence");
  return finding.file.starts_with(named.file) ||
         (finding.file.empty() && (at_height || is_evidence));
}

}  // namespace

Outcome Judge::operator()(const Named& named) const {
  const auto content = read_content(folder_);
  if (content == original_) return Outcome::same;
  if (content.says_the_same(original_)) return Outcome::unsigned_;
  if (content.fault && begins_like(content, original_)) {
    return names(*content.fault, named) ? Outcome::reading : Outcome::misplaced;
  }
  if (content.cut_bytes > 0 && content.results == original_.results &&
      begins_like(content, original_)) {
    return Outcome::cut;
  }
  return audited(named);
}

Outcome Judge::audited(const Named& named) const {
  Options options;
  options.threads = 1;
  const auto report = audit_archive(folder_, options);
  if (report.verdict == Verdict::sound) {
    return report.cut_bytes > 0 ? Outcome::cut : Outcome::unnoticed;
  }
  return names(*report.fault, named) ? Outcome::audit : Outcome::misplaced;
}

std::uint8_t mask_of(std::size_t at) {
  static const char* chosen = std::getenv("GRIDTALLY_BYTES_SEED");
  static const std::uint64_t seed = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  auto mixed = (at + 1) * 0x9e3779b97f4a7c15U + seed * 0xbf58476d1ce4e5b9U;
  mixed ^= mixed >> 29U;
  mixed *= 0x94d049bb133111ebU;
  return static_cast<std::uint8_t>((mixed >> 40U) % 255 + 1);
}

}  // namespace gridtally::audit::testing
