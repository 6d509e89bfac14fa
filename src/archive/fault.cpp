#include "archive/fault.hpp"

namespace gridtally::archive {

std::string describe(const ArchiveFault& fault) {
  std::string text = fault.place;
  if (fault.height) text += ", height " + std::to_string(*fault.height);
  text += ": " + fault.what;
  if (!fault.expected.empty()) text += ": expected " + fault.expected;
  if (!fault.found.empty()) text += (fault.expected.empty() ? ": " : ", found ") + fault.found;
  return text;
}

}  // namespace gridtally::archive
