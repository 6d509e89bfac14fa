#include "fuzz/targets/material.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/file.hpp"
#include "base/test_folder.hpp"

namespace gridtally::fuzz {

namespace {

archive::testing::Chain make_chain() {
  archive::testing::ChainSize size;
  size.joining = 1;
  return archive::testing::make_chain(size);
}

Files archive_of(const Material& made, std::size_t sealed, const archive::Iterates& kept = {}) {
  const TestFolder folder;
  archive::testing::write_chain(folder / "archive", made.chain, sealed, {made.evidence}, kept);
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "archive")) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  files.erase("lock");
  return files;
}

Material make_material() {
  Material made{make_chain(), {}, {}, {}, {}};
  made.evidence = archive::testing::double_vote(made.chain, 2);
  made.archive = archive_of(made, 1);
  made.thinned = archive_of(made, 1, {0});
  made.journals = archive_of(made, 0);
  return made;
}

}  // namespace

const Material& material() {
  static const auto made = make_material();
  return made;
}

const std::filesystem::path& work_folder() {
  static const TestFolder work(std::getenv("TMPDIR") == nullptr ? Place::memory : Place::disk);
  return work.path();
}

std::filesystem::path own_folder(const std::string& name) {
  const auto folder = work_folder() / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  return folder;
}

std::filesystem::path put(const std::string& name, ledger::ByteView bytes) {
  const auto path = work_folder() / name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path;
}

}  // namespace gridtally::fuzz
