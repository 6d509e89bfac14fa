#include "fuzz/targets/kept.hpp"

#include <algorithm>
#include <sstream>

#include "base/file.hpp"

namespace gridtally::fuzz {

namespace {

Bytes edited(const std::vector<Bytes>& seeds, const std::string& text) {
  std::istringstream lines(text);
  std::string word;
  std::size_t number = 0;
  std::size_t size = 0;
  if (!(lines >> word >> number >> size) || word != "seed") throw FormatError("no seed is named");
  auto bytes = seeds.at(std::min(number, seeds.size() - 1));
  bytes.resize(size);
  lines.ignore();
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::size_t at = 0;
    words >> at >> std::oct;
    for (unsigned byte = 0; words >> byte; ++at) bytes.at(at) = static_cast<std::uint8_t>(byte);
  }
  return bytes;
}

void add_files(const std::filesystem::path& folder, const std::vector<Bytes>& seeds,
               std::vector<KeptInput>& kept) {
  if (!std::filesystem::exists(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto& path = entry.path();
    kept.push_back(
        {path, path.extension() == ".edit" ? edited(seeds, read_text(path)) : read_file(path)});
  }
}

}  // namespace

std::filesystem::path kept_folder(const std::string& name) {
  return std::filesystem::path(GRIDTALLY_SOURCE_DIR) / "tests" / "fuzz" / name;
}

std::vector<KeptInput> kept_inputs(const Target& target) {
  const auto seeds = target.seeds();
  std::vector<KeptInput> kept;
  add_files(kept_folder("corpus") / target.name, seeds, kept);
  add_files(kept_folder("regressions") / target.name, seeds, kept);
  std::ranges::sort(kept, {}, &KeptInput::path);
  return kept;
}

}  // namespace gridtally::fuzz
