#pragma once

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/test_folder.hpp"

namespace gridtally::cluster::testing {

/// A plan file of its own folder, gone with it; in memory where that is possible, as the tests are
/// about what it says.
class PlanFile {
 public:
  explicit PlanFile(const std::string& text) { write(text); }

  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  TestFolder folder_{Place::memory};
  std::filesystem::path path_ = folder_ / "plan.txt";
};

/// `text` with one to four bytes replaced, removed, doubled or moved elsewhere.
inline std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return random() % limit; };
  for (auto left = 1 + below(4); left > 0 && !text.empty(); --left) {
    const auto at = below(text.size());
    switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, text.substr(at, 1 + below(12)));
        break;
      default:
        text.insert(below(text.size()), text.substr(at, 1 + below(6)));
    }
  }
  return text;
}

}  // namespace gridtally::cluster::testing
