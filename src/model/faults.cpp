#include "model/faults.hpp"

#include "base/error.hpp"

namespace gridtally::model {

std::string to_text(const Place& place) {
  std::string text(place.file);
  if (place.line > 0) text += ":" + std::to_string(place.line);
  const char* separator = ": ";
  const auto append = [&](std::string_view label, std::string_view value) {
    text.append(separator).append(label).append(value);
    separator = ", ";
  };
  if (!place.prosumer.empty()) append("prosumer ", place.prosumer);
  if (place.day >= 0) append("day ", std::to_string(place.day));
  if (place.slot >= 0) append("slot ", std::to_string(place.slot));
  return text.append(": ");
}

void Faults::add(const Place& place, const std::string& message) {
  ++count_;
  if (!place.prosumer.empty()) prosumers_.emplace(place.prosumer);
  if (kept_.size() < kept_at_most) kept_.push_back(to_text(place) + message);
}

void Faults::raise_if_any() const {
  if (count_ == 0) return;
  auto lines = kept_;
  if (count_ > kept_.size()) {
    lines.push_back("and " + std::to_string(count_ - kept_.size()) + " more faults like these (" +
                    std::to_string(count_) + " in all); mend the first ones and read again");
  }
  throw InputError(std::move(lines));
}

}  // namespace gridtally::model
