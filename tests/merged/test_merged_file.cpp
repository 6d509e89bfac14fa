#include <sys/stat.h>

#include "archive/column.hpp"
#include "base/error.hpp"
#include "merged/merged_file_test.hpp"

namespace gridtally::merged {
namespace {

TEST_F(MergedFile, EveryMetersDataIsReadBack) {
  write(2);
  expect_content(folder_, 2);
  struct stat status {};
  EXPECT_EQ(::stat((folder_ / archive::merged_file_name).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(MergedFile, RowsComeAFewAtATime) {
  for (const std::uint64_t at_once : {1, 3000}) {
    write(3, at_once);
    expect_content(folder_, 3);
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

TEST_F(MergedFile, ALaterOneReplacesIt) {
  write(0);
  expect_content(folder_, 0);
  MPI_Barrier(MPI_COMM_WORLD);
  write(3);
  expect_content(folder_, 3);
  const auto files = std::filesystem::directory_iterator(folder_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(MergedFile, DatasetsDoNotDependOnTheRanks) {
  write(2);
  if (rank_ == 0) {
    std::vector<PrivateFile> all;
    for (std::uint32_t m = 0; m < meters; ++m) all.push_back(make_file(genesis_, m, 2));
    std::filesystem::create_directory(folder_ / "alone");
    write_merged_file(MPI_COMM_SELF, folder_ / "alone", genesis_, share_of(all));
    const archive::hdf5::Reader one{archive::Input(folder_ / archive::merged_file_name)};
    const archive::hdf5::Reader other{
        archive::Input(folder_ / "alone" / archive::merged_file_name)};
    for (const auto& column : archive::merged_columns()) {
      EXPECT_EQ(archive::ColumnReader(one, column, extents(2)).all(),
                archive::ColumnReader(other, column, extents(2)).all())
          << column.path;
    }
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

TEST_F(MergedFile, SomeDaysAreReadMeterAfterMeter) {
  write(3);
  archive::PrivateFolder found(folder_);
  for (std::uint32_t m = 0; m < meters; ++m) {
    const auto all = make_file(genesis_, m, 3).prosumers;
    for (const bool inputs : {true, false}) {
      archive::KeptDays kept(found, expectation(m));
      EXPECT_EQ(kept.days(), 3U);
      EXPECT_FALSE(kept.in_own_file());
      for (const auto& prosumer : all) {
        const auto later = inputs ? kept.next(1, 9).schedules : kept.next_schedules(1, 9);
        ASSERT_EQ(later.size(), 2U);
        EXPECT_EQ(later[0], prosumer.schedules[1]);
        EXPECT_EQ(later[1], prosumer.schedules[2]);
      }
    }
  }
}

TEST_F(MergedFile, FileOfDaysGoesOnFromIt) {
  write(1);
  const auto whole = make_file(genesis_, 4, 3);
  if (rank_ == 0) {
    auto file = File::create(folder_ / archive::private_days_name(4), 0600);
    const auto homes = static_cast<std::uint32_t>(whole.prosumers.size());
    file.write(archive::encode(archive::PrivateDaysHeader{whole.run_id, 4, homes, slots, 0}));
    for (std::uint32_t day = 0; day < 3; ++day) {
      archive::PrivateDay schedules;
      for (const auto& prosumer : whole.prosumers) schedules.push_back(prosumer.schedules[day]);
      file.write(archive::encode_private_day(day, schedules));
    }
    file.close();
  }
  MPI_Barrier(MPI_COMM_WORLD);
  archive::PrivateFolder found(folder_);
  const auto file = found.read(expectation(4));
  for (std::size_t i = 0; i < whole.prosumers.size(); ++i) {
    EXPECT_EQ(file.prosumers[i].schedules, whole.prosumers[i].schedules);
  }
  EXPECT_EQ(found.read(expectation(5)).prosumers[0].schedules.size(), 1U);
  auto another = expectation(4);
  another.first_prosumer = 3;  // reads the merged file's rows of another meter
  EXPECT_THROW(found.read(another), FormatError);
}

TEST_F(MergedFile, AnotherRunsIsRefused) {
  write(1);
  auto expected = expectation(1);
  expected.run_id[3] ^= 1;
  archive::PrivateFolder found(folder_);
  EXPECT_THROW(found.read(expected), FormatError);
  expected = expectation(1);
  expected.first_prosumer = 2;
  EXPECT_THROW(archive::PrivateFolder(folder_).read(expected), FormatError);
  expected = expectation(1);
  expected.all_meters = 7;
  EXPECT_THROW(archive::PrivateFolder(folder_).read(expected), FormatError);
}

TEST_F(MergedFile, AMetersOwnFileGoesFirst) {
  write(1);
  archive::PrivateFolder found(folder_);
  EXPECT_EQ(found.file_of(3), archive::merged_file_name);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank_ == 0) archive::write_private_file(folder_, make_file(genesis_, 3, 1));
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(found.file_of(3), archive::private_file_name(3));
}

}  // namespace
}  // namespace gridtally::merged
