#pragma once

#include <string>

#include "audit/report.hpp"

namespace gridtally::report {

/// The whole report, verdict first, for a person.
std::string audit_text(const audit::Report& report, const std::string& archive);
/// Verdict and first fault: one line or two.
std::string verdict_text(const audit::Report& report);
/// One JSON object.
std::string audit_json(const audit::Report& report);

}  // namespace gridtally::report
