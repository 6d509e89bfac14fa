#include "audit/bytes/new_signature.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "audit/bytes/dataset_bytes.hpp"
#include "audit/bytes/meaning.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"

namespace gridtally::audit::testing {

namespace {

constexpr const char* first_file = "day-0000.h5";
constexpr const char* second_file = "day-0001.h5";

/// Changes the segment at i, and signs the manifest.
using Change = std::function<ledger::Bytes(const std::filesystem::path& file, std::size_t i)>;

Trials forge_each(const Target& target, std::size_t count, const Change& change) {
  return make_trials(count, [&](const std::filesystem::path& folder) -> Trial {
    put_files(folder, target.archive);
    return [&, folder, judge = std::make_shared<Judge>(folder),
            files = target.archive](std::size_t i) mutable {
      const auto& [sample, archive, file] = target;
      files[file] = change(folder / file, i);
      put_file(folder / "manifest", sample.signed_manifest(files));
      return (*judge)(place_of(sample, file));
    };
  });
}

/// The bytes of every dataset of a file, one after another.
std::vector<DatasetByte> dataset_bytes(const ledger::Bytes& file) {
  const TestFolder folder{Place::memory};
  put_file(folder.path() / "file.h5", file);
  return all_dataset_bytes(folder.path() / "file.h5");
}

/// The part of what reads differently, under no signature but the manifest's: numbers, whatever of
/// their dataset was changed.
Part unsigned_part(const Part& part) {
  if (part.owner == "/measured/commit_time") return {"element", part.owner};
  if (part.owner == "/result/premium") return {"element", "thinned day" + part.owner};
  EXPECT_EQ(part.structure, "frame: commit time") << part.owner;
  return part;
}

}  // namespace

Target first_day_of(const Sample& sample) {
  return {sample, archive_of(sample.run, sample.run.day_end(0), 1, sample.kind.kept), first_file};
}

Target second_day_of(const Sample& sample) { return {sample, sample.archive, second_file}; }

void expect_bytes_found_or_listed(const Target& target) {
  const auto& bytes = target.archive.at(target.file);
  const auto trials =
      forge_each(target, bytes.size(), [&](const std::filesystem::path& file, std::size_t at) {
        auto changed = flipped(bytes, at, mask_of(at));
        put_file(file, changed);
        return changed;
      });
  print(target.file + ", manifest signed again", trials);
  expect_none(trials, never);
  const Hdf5Map map(bytes);
  expect_listed(trials, [&](std::size_t at) { return map.at(at); });
  EXPECT_GT(trials.count(Outcome::reading), 0U);
}

void expect_elements_found_or_listed(const Target& target) {
  const auto& bytes = target.archive.at(target.file);
  const auto elements = dataset_bytes(bytes);
  const auto trials =
      forge_each(target, elements.size(), [&](const std::filesystem::path& file, std::size_t i) {
        put_file(file, bytes);
        flip_dataset_byte(file, elements[i], mask_of(i));
        return read_file(file);
      });
  print("datasets of " + target.file + ", manifest signed again", trials);
  expect_none(trials, never);
  expect_listed(trials, [&](std::size_t i) { return Part{"element", elements[i].dataset}; });
}

Named place_of(const Sample& sample, const std::string& file) {
  const auto& run = sample.run;
  if (file == first_file) return {file, 1, run.day_end(0), ""};
  if (file == second_file) return {file, run.day_end(0) + 1, run.day_end(1), ""};
  if (file == "journal-0002") return {file, run.day_end(1) + 1, sample.height(), ""};
  return {file, 0, 0, ""};
}

ledger::Bytes flipped(const ledger::Bytes& bytes, std::size_t at, std::uint8_t mask) {
  auto changed = bytes;
  changed[at] ^= mask;
  return changed;
}

void expect_none(const Trials& trials, std::initializer_list<Outcome> bad) {
  for (const auto outcome : bad) {
    const auto bytes = trials.with(outcome);
    EXPECT_TRUE(bytes.empty()) << bytes.size() << ' ' << name(outcome) << ", first at "
                               << bytes.front();
  }
}

void expect_listed(const Trials& trials, const std::function<Part(std::size_t)>& part_of) {
  Tally tally(read_list());
  for (const auto i : trials.with(Outcome::same)) tally.add(part_of(i));
  for (const auto i : trials.with(Outcome::unsigned_)) tally.add(unsigned_part(part_of(i)));
  print(tally);
  EXPECT_TRUE(tally.unlisted().empty());
}

}  // namespace gridtally::audit::testing
