#include <gtest/gtest.h>

#include <memory>

#include "audit/audit.hpp"
#include "audit/bytes/dataset_bytes.hpp"
#include "audit/bytes/meaning.hpp"
#include "audit/bytes/new_signature.hpp"
#include "audit/private_replay.hpp"
#include "base/file.hpp"

/// Other archives than the one that test_every_byte.cpp changes: thinned, and of the pairwise form.
namespace gridtally::audit {
namespace {

using testing::Outcome;
using testing::Sample;
using testing::Trial;

constexpr archive::Iterates every_third{3};
constexpr archive::Iterates final_only{0};

const Sample& thinned() {
  static const auto made = testing::make_sample({.kept = every_third});
  return made;
}
const Sample& pairwise() {
  static const auto made = testing::make_sample({.form = market::Form::pairwise});
  return made;
}
const Sample& thinned_pairwise() {
  static const auto made =
      testing::make_sample({.form = market::Form::pairwise, .kept = final_only});
  return made;
}

TEST(EveryByteOfAThinnedDay, UnderANewSignatureIsFoundByItsContent) {
  expect_bytes_found_or_listed(testing::first_day_of(thinned()));
}

TEST(EveryByteOfAThinnedDay, OfEveryDatasetUnderANewSignatureIsFound) {
  expect_elements_found_or_listed(testing::first_day_of(thinned()));
}

TEST(EveryByteOfAPairwiseDay, UnderANewSignatureIsFoundByItsContent) {
  expect_bytes_found_or_listed(testing::first_day_of(pairwise()));
}

TEST(EveryByteOfAPairwiseDay, OfEveryDatasetUnderANewSignatureIsFound) {
  expect_elements_found_or_listed(testing::first_day_of(pairwise()));
}

TEST(EveryByteOfAThinnedPairwiseDay, UnderANewSignatureIsFoundByItsContent) {
  expect_bytes_found_or_listed(testing::first_day_of(thinned_pairwise()));
}

TEST(EveryByteOfAThinnedPairwiseDay, OfEveryDatasetUnderANewSignatureIsFound) {
  expect_elements_found_or_listed(testing::first_day_of(thinned_pairwise()));
}

/// With meters' private files in the folder `private` beside the archive.
Outcome audited_with_private_files(const std::filesystem::path& folder, std::uint64_t height) {
  PrivateReplay replay(folder / "private", Depth::certificate);
  Options options;
  options.threads = 1;
  options.companion = replay.companion();
  const auto report = audit_archive(folder / "archive", options);
  if (report.verdict == Verdict::sound) return Outcome::unnoticed;
  const bool named = report.fault->height == height && report.fault->file.starts_with("meter-") &&
                     report.fault->what.starts_with("price of the lower bound");
  return named ? Outcome::audit : Outcome::misplaced;
}

/// Of the first day, by whoever can sign the manifest. The public audit must not notice it: else
/// the list has a line too many.
TEST(EveryByteOfAThinnedDay, OfThePremiumIsFoundWithPrivateFilesAlone) {
  const auto target = testing::first_day_of(thinned());
  const auto& bytes = target.archive.at(target.file);
  const auto height = thinned().run.day_end(0);
  const std::size_t count = 3 * 4 * sizeof(double);
  const auto trials =
      testing::make_trials(count, [&](const std::filesystem::path& folder) -> Trial {
        testing::put_files(folder / "archive", target.archive);
        testing::put_files(folder / "private", thinned().private_files);
        const auto judge = std::make_shared<testing::Judge>(folder / "archive");
        return [&, folder, judge, files = target.archive](std::size_t at) mutable {
          const auto file = folder / "archive" / target.file;
          testing::put_file(file, bytes);
          testing::flip_dataset_byte(file, {"/result/premium", at}, testing::mask_of(at));
          files[target.file] = read_file(file);
          testing::put_file(folder / "archive/manifest", thinned().signed_manifest(files));
          const auto alone = judge->audited(place_of(thinned(), target.file));
          return alone == Outcome::unnoticed ? audited_with_private_files(folder, height)
                                             : Outcome::failed;
        };
      });
  testing::print("/result/premium of a thinned day, with private files", trials);
  EXPECT_EQ(trials.count(Outcome::audit), trials.outcomes.size());
}

}  // namespace
}  // namespace gridtally::audit
