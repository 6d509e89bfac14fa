#include "base/error.hpp"

#include <utility>

namespace gridtally {

namespace {
std::string joined(const std::vector<std::string>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    if (!text.empty()) text += '\n';
    text += fault;
  }
  return text;
}
}  // namespace

InputError::InputError(std::vector<std::string> faults)
    : Error(joined(faults), ExitStatus::bad_input), faults_(std::move(faults)) {}

}  // namespace gridtally
