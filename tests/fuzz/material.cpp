#include "fuzz/material.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "archive/manifest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::fuzz {

namespace {

constexpr std::size_t hash_bytes = 32;

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

archive::PrivateSchedule schedule_of(std::size_t slots) {
  const std::vector<double> row(slots, 0.25);
  archive::PrivateSchedule schedule;
  for (auto* numbers : {&schedule.grid, &schedule.renewable, &schedule.flexible, &schedule.charge,
                        &schedule.discharge, &schedule.stored, &schedule.reserve,
                        &schedule.net_trade, &schedule.premium, &schedule.battery_price,
                        &schedule.peak_share, &schedule.reserve_share}) {
    *numbers = row;
  }
  return schedule;
}

archive::PrivateFile private_file_of(const archive::PrivateExpectation& expected) {
  const std::vector<double> profile(std::size_t{expected.max_days} * expected.slots, 1.5);
  archive::PrivateFile file;
  file.run_id = expected.run_id;
  file.days = expected.max_days;
  file.slots = expected.slots;
  archive::PrivateProsumer home;
  home.parameters.name = "home 0";
  home.renewable = home.inflexible = home.flexible_reference = profile;
  home.flexible_min = home.flexible_max = profile;
  home.schedules = {schedule_of(expected.slots)};
  file.prosumers = {home};
  return file;
}

void add_private_file(Material& made) {
  const auto& genesis = made.chain.genesis;
  const auto slots = static_cast<std::uint32_t>(genesis.terms.slots);
  made.expected = {ledger::run_id(genesis), 0, 0, 1, genesis.days, slots, 3, 2};
  const archive::testing::TestFolder folder;
  archive::make_private_folder(folder / "private");
  archive::write_private_file(folder / "private", private_file_of(made.expected));
  made.private_file = read_file(folder / "private" / archive::private_file_name(0));
}

Material make_material() {
  Material made{make_chain(), {}, {}, {}, {}, {}, {}};
  made.evidence = archive::testing::double_vote(made.chain, 2);
  made.archive = archive_of(made, 1);
  made.thinned = archive_of(made, 1, {0});
  made.journals = archive_of(made, 0);
  add_private_file(made);
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

std::filesystem::path put(const std::string& name, ledger::ByteView bytes) {
  const auto path = work_folder() / name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return path;
}

void sign_manifest(Files& files) {
  const auto& text = files["manifest"];
  try {
    auto manifest =
        archive::parse_manifest({reinterpret_cast<const char*>(text.data()), text.size()});
    for (auto& segment : manifest.segments) {
      const auto file = files.find(segment.name);
      if (file != files.end()) segment.sha256 = ledger::sha256(file->second);
    }
    const auto signed_text =
        archive::sign_manifest(std::move(manifest), material().chain.validator_keys[0]);
    files["manifest"] = {signed_text.begin(), signed_text.end()};
  } catch (const FormatError&) {
    return;
  }
}

void hash_frames(ledger::Bytes& bytes, std::size_t head) {
  for (std::size_t at = 0; bytes.size() - at >= head + hash_bytes;) {
    const ledger::ByteView rest = ledger::ByteView(bytes).subspan(at);
    const std::size_t covered = head + ledger::ByteReader(rest, "frame").u32();
    if (covered > rest.size() - hash_bytes) return;
    const auto hash = ledger::sha256(rest.first(covered));
    std::copy(hash.begin(), hash.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at + covered));
    at += covered + hash_bytes;
  }
}

}  // namespace gridtally::fuzz
