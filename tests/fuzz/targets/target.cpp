#include "fuzz/targets/target.hpp"

#include <algorithm>

namespace gridtally::fuzz {

std::vector<Target> all_targets() {
  std::vector<Target> all;
  for (const auto& some : {decoders(), files(), hdf5_files(), private_data(), archives()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

void require_same(ByteView written, ByteView read) {
  if (!std::ranges::equal(written, read)) throw Broken("what was read is written otherwise");
}

Bytes after(std::uint8_t first, const Bytes& bytes) {
  Bytes all{first};
  all.insert(all.end(), bytes.begin(), bytes.end());
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
