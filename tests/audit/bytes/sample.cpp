#include "audit/bytes/sample.hpp"

#include <fstream>

#include "archive/manifest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit::testing {

namespace {

constexpr std::uint32_t sample_days = 3;

/// One vote to let a fifth validator in: it stays pending.
std::vector<ledger::Ballot> one_ballot(const SmallRun& run, std::uint64_t height) {
  if (height != 2) return {};
  const auto& candidate = run.validator_keys[4];
  return {ledger::sign_ballot(
      {ledger::run_id(run.genesis), 0, candidate.public_key(), true, 1, height, {}},
      run.validator_keys[0])};
}

ledger::Evidence double_vote(const SmallRun& run) {
  const auto vote = [&](std::uint8_t block) {
    return ledger::sign_vote(
        {ledger::Step::prevote, ledger::run_id(run.genesis), 3, 0, ledger::Digest{block}, 2, {}},
        run.validator_keys[2]);
  };
  return ledger::two_votes(vote(1), vote(2));
}

SmallRun make_run(const SampleKind& kind) {
  SmallRunOptions options;
  options.days = sample_days;
  options.slots = small_numbers / sample_days;
  options.epsilon = 0.05;
  options.form = kind.form;
  options.keys = kind.keys;
  options.ballots = one_ballot;
  auto run = make_small_run(options);
  for (auto& file : run.private_files) {
    for (auto& home : file.prosumers) home.schedules.resize(2);  // of the days sealed
  }
  run.evidence = {double_vote(run)};
  return run;
}

/// Each block durable before the next.
void write_part(const std::filesystem::path& folder, const SmallRun& run, std::uint64_t height,
                std::size_t sealed, const archive::Iterates& kept) {
  auto writer = archive::ArchiveWriter::create(folder, run.genesis, run.validator_keys[0]);
  writer.keep(kept);
  for (const auto& piece : run.evidence) writer.append_evidence(piece);
  std::size_t day = 0;
  for (std::uint64_t h = 1; h <= height; ++h) {
    writer.append(run.blocks[h - 1], 1.7e9 + static_cast<double>(h));
    if (h != run.day_end(day)) continue;
    if (day < sealed) writer.seal_day(run.day_ends[day]);
    ++day;
  }
  writer.close();
}

}  // namespace

Files archive_of(const SmallRun& run, std::uint64_t height, std::size_t sealed,
                 const archive::Iterates& kept) {
  const TestFolder folder{Place::memory};
  write_part(folder.path() / "archive", run, height, sealed, kept);
  auto files = read_files(folder.path() / "archive");
  files.erase("lock");
  return files;
}

Files read_files(const std::filesystem::path& folder) {
  Files files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

Sample make_sample(const SampleKind& kind) {
  Sample made;
  made.kind = kind;
  made.run = make_run(kind);
  made.archive = archive_of(made.run, made.height(), 2, kind.kept);
  const TestFolder folder{Place::memory};
  write_private(folder.path() / "private", made.run);
  made.private_files = read_files(folder.path() / "private");
  return made;
}

const Sample& sample() {
  static const auto made = make_sample();
  return made;
}

ledger::Bytes Sample::signed_manifest(const Files& files) const {
  const auto& text = files.at("manifest");
  auto manifest =
      archive::parse_manifest({reinterpret_cast<const char*>(text.data()), text.size()});
  for (auto& segment : manifest.segments) {
    const auto file = files.find(segment.name);
    if (file != files.end()) segment.sha256 = ledger::sha256(file->second);
  }
  const auto made = archive::sign_manifest(manifest, run.validator_keys[0]);
  return {made.begin(), made.end()};
}

void put_file(const std::filesystem::path& path, ledger::ByteView bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw IoError("cannot write " + path.string());
}

void put_files(const std::filesystem::path& folder, const Files& files) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : files) put_file(folder / name, bytes);
}

}  // namespace gridtally::audit::testing
