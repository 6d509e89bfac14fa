#include "fuzz/targets/material.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::fuzz {

namespace {

archive::testing::Chain make_chain() {
  archive::testing::ChainSize size;
  size.joining = 1;
  return archive::testing::make_chain(size);
}

Files archive_of(const Material& made, std::size_t sealed, const archive::Iterates& kept = {}) {
  const archive::testing::TestFolder folder;
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

namespace {
/// In memory where there is some, and nobody wants it elsewhere.
std::filesystem::path place_of_work() {
  const std::filesystem::path memory = "/dev/shm";
  if (std::getenv("TMPDIR") == nullptr && std::filesystem::is_directory(memory)) return memory;
  return std::filesystem::temp_directory_path();
}

class Work {
 public:
  Work() {
    auto pattern = (place_of_work() / "gridtally-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw IoError("mkdtemp " + pattern);
    path_ = pattern;
  }
  ~Work() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};
}  // namespace

const std::filesystem::path& work_folder() {
  static const Work work;
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
