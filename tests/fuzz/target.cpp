#include "fuzz/target.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gridtally::fuzz {

std::vector<Target> all_targets() {
  auto all = decoders();
  auto more = files();
  std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

const Target& target_named(const std::string& name) {
  static const auto all = all_targets();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Target& target) { return target.name == name; });
  if (found == all.end()) throw std::out_of_range("no target '" + name + "'");
  return *found;
}

bool feed(const Target& target, ByteView bytes) {
  try {
    target.read(bytes);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace gridtally::fuzz
