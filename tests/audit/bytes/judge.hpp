#pragma once

#include "audit/bytes/content.hpp"
#include "audit/bytes/sample.hpp"
#include "audit/bytes/trials.hpp"

namespace gridtally::audit::testing {

/// Where a change must be found: in this file, or at a height that stands in it.
struct Named {
  std::string file;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string words;  ///< part of what is found; empty: any
};

/// Whether the audit finds a changed archive, and where. Reading alone decides where it comes upon
/// a fault after nothing but the original blocks, or upon the original content: the audit reads the
/// same way. Else the audit is asked.
class Judge {
 public:
  /// `archive`: a folder with the original.
  explicit Judge(const std::filesystem::path& archive)
      : folder_(archive), original_(read_content(archive)) {}
  [[nodiscard]] Outcome operator()(const Named& named) const;
  /// By the whole audit.
  [[nodiscard]] Outcome audited(const Named& named) const;
  [[nodiscard]] const Content& original() const { return original_; }

 private:
  std::filesystem::path folder_;
  Content original_;
};

/// Which bits of byte `at` are flipped: some of them, others for each byte, the same in each run.
std::uint8_t mask_of(std::size_t at);

}  // namespace gridtally::audit::testing
