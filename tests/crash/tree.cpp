#include "crash/tree.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "ledger/bytes.hpp"

namespace gridtally::crash {

Tree read_tree(const std::filesystem::path& folder) {
  Tree tree;
  if (!std::filesystem::exists(folder)) return tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    auto& content = tree[entry.path().lexically_relative(folder).string()];
    if (!entry.is_directory()) content = read_file(entry.path());
  }
  return tree;
}

void write_tree(const std::filesystem::path& folder, const Tree& tree) {
  using std::filesystem::perms;
  std::filesystem::create_directories(folder);
  for (const auto& [name, content] : tree) {
    const auto path = folder / name;
    if (content) {
      auto file = File::create(path, 0600);
      file.write(*content);
    } else {
      std::filesystem::create_directory(path);
      std::filesystem::permissions(path, perms::owner_all);
    }
  }
}

ledger::Digest digest_of(const Tree& tree) {
  ledger::ByteWriter out;
  for (const auto& [name, content] : tree) {
    out.u64(name.size()).raw({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
    out.u8(content ? 1 : 0);
    if (content) out.u64(content->size()).raw(*content);
  }
  return ledger::sha256(out.bytes());
}

namespace {
std::string describe(const std::optional<Bytes>& content) {
  return content ? std::to_string(content->size()) + " bytes" : "a folder";
}
}  // namespace

std::string difference(const Tree& expected, const Tree& found) {
  std::string text;
  for (const auto& [name, content] : expected) {
    const auto other = found.find(name);
    if (other == found.end()) {
      text += "'" + name + "' is missing\n";
    } else if (content && other->second && content->size() == other->second->size()) {
      const auto at = std::mismatch(content->begin(), content->end(), other->second->begin()).first;
      if (at == content->end()) continue;
      text += "'" + name + "' differs from byte " + std::to_string(at - content->begin()) + "\n";
    } else if (content != other->second) {
      text +=
          "'" + name + "' is " + describe(other->second) + ", expected " + describe(content) + "\n";
    }
  }
  for (const auto& [name, content] : found) {
    if (!expected.contains(name)) text += "'" + name + "' should not be there\n";
  }
  return text;
}

}  // namespace gridtally::crash
