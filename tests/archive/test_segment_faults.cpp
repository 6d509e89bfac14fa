#include <gtest/gtest.h>

#include <set>

#include "archive/archive_reader.hpp"
#include "archive/hdf5.hpp"
#include "archive/layout.hpp"
#include "archive/synthetic_chain.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"

// What someone can forge who may sign the manifest: the checksums hold, the datasets lie.
namespace gridtally::archive {

namespace {
/// A day with late meters, ballots, payments and evidence.
testing::Chain full_chain() {
  testing::ChainSize size;
  size.days = 1;
  size.iterations = 5;
  size.late = true;
  size.joining = 1;
  return testing::make_chain(size);
}

/// All bytes of one dataset, read and written as they are stored.
class RawDataset {
 public:
  RawDataset(const std::filesystem::path& path, const std::string& name)
      : file_(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose),
        dataset_(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose),
        type_(H5Dget_type(dataset_.get()), H5Tclose) {
    const hdf5::Handle space{H5Dget_space(dataset_.get()), H5Sclose};
    bytes.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())) *
                 H5Tget_size(type_.get()));
    H5Dread(dataset_.get(), type_.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
  }
  void write() {
    H5Dwrite(dataset_.get(), type_.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
  }
  std::vector<std::uint8_t> bytes;

 private:
  hdf5::Handle file_;
  hdf5::Handle dataset_;
  hdf5::Handle type_;
};

class SegmentFaults : public ::testing::Test {
 protected:
  SegmentFaults() { thin({}); }

  void thin(const Iterates& kept) {
    std::filesystem::remove_all(archive_);
    testing::write_chain(archive_, chain_, 1,
                         {testing::double_vote(chain_, 1), testing::double_vote(chain_, 2)}, kept);
    clean_ = testing::contents(segment_);
  }

  std::string fault() {
    auto manifest = parse_manifest(read_text(archive_ / "manifest"));
    manifest.segments[0].sha256 = ledger::sha256(read_file(segment_));
    const auto text = sign_manifest(manifest, chain_.validator_keys[0]);
    testing::overwrite(archive_ / "manifest", {text.begin(), text.end()});
    ArchiveReader reader(archive_);
    while (reader.next()) {
    }
    return reader.faults().empty() ? "" : describe(reader.faults()[0]);
  }

  std::string fault_with(const std::string& dataset, std::size_t at, std::uint8_t mask) {
    testing::overwrite(segment_, clean_);
    {
      RawDataset raw(segment_, dataset);
      raw.bytes.at(at) ^= mask;
      raw.write();
    }
    return fault();
  }

  std::string fault_with_attribute(const char* name, std::uint64_t value) {
    testing::overwrite(segment_, clean_);
    {
      const hdf5::Handle file{H5Fopen(segment_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose};
      const hdf5::Handle attribute{H5Aopen(file.get(), name, H5P_DEFAULT), H5Aclose};
      H5Awrite(attribute.get(), H5T_STD_U64LE, &value);
    }
    return fault();
  }

  TestFolder folder_;
  std::filesystem::path archive_ = folder_ / "a";
  std::filesystem::path segment_ = archive_ / "day-0000.h5";
  testing::Chain chain_ = full_chain();
  std::vector<std::uint8_t> clean_;
};
}  // namespace

TEST_F(SegmentFaults, NothingIsFoundInTheCleanOne) { EXPECT_EQ(fault(), ""); }

TEST_F(SegmentFaults, AnyByteOfABlockThatLiesIsFound) {
  std::set<std::string> empty;
  for (const std::uint32_t every : {1U, 2U}) {
    thin({every});
    for (const auto& column : segment_columns(chain_.genesis)) {
      const auto& path = column.path;
      if (path.starts_with("/measured") || path.starts_with("/result") ||
          path.starts_with("/carried") || path.starts_with("/evidence") ||
          path.starts_with("/blocks/precommit") || path == "/blocks/proposer_signature" ||
          path == "/blocks/commit_round") {
        continue;  // judged by the audit
      }
      testing::overwrite(segment_, clean_);
      const auto bytes = RawDataset(segment_, path).bytes.size();
      if (bytes == 0) empty.insert(path);
      for (std::size_t at = 0; at < bytes; at += 1 + bytes / 97) {
        EXPECT_NE(fault_with(path, at, 0x01), "") << path << " byte " << at;
      }
    }
  }
  EXPECT_EQ(empty, (std::set<std::string>{"/left_out", "/trading/rows_root"}))
      << "of the whole day";
}

TEST_F(SegmentFaults, OtherClaimsAboutWhatIsKeptAreRefused) {
  thin({2});
  EXPECT_NE(fault_with_attribute("carried_parts", 100).find("are possible"), std::string::npos);
  EXPECT_NE(fault_with_attribute("globals_bytes", 1 << 30).find("are possible"), std::string::npos);
  EXPECT_NE(fault_with_attribute("carried_parts", 1), "");
  EXPECT_NE(fault_with_attribute("globals_bytes", 1), "");
  thin({1});
  EXPECT_NE(fault_with_attribute("carried_parts", 1).find("at most 0"), std::string::npos);
}

TEST_F(SegmentFaults, AnotherFormatVersionIsRefusedWithTheRemedy) {
  const auto fault = fault_with_attribute("format_version", 2);
  EXPECT_NE(fault.find("expected 4, found 2"), std::string::npos) << fault;
  EXPECT_NE(fault.find("read the archive with the program that wrote it"), std::string::npos);
}

TEST_F(SegmentFaults, AnotherNaNForAnAbsentMeterIsRefused) {
  // Meter 1 serves prosumer 2 and is absent at k = 2: [prosumer][slot of 2][iteration of 5].
  const std::size_t first = (2 * 2 * 5 + 1) * 8;
  EXPECT_NE(fault_with("/trading/decision", first, 0x01).find("where /transactions/present"),
            std::string::npos);
  EXPECT_NE(fault_with("/trading/decision", first + 7, 0x80).find("where /transactions/present"),
            std::string::npos);
}

TEST_F(SegmentFaults, EvidenceThatDoesNotAddUpIsRefused) {
  EXPECT_NE(fault_with("/evidence/first_size", 0, 0x80), "");
  EXPECT_NE(fault_with("/evidence/second_size", 8, 0x01), "");
  EXPECT_NE(fault_with("/evidence/kind", 0, 0x08), "");
}

TEST_F(SegmentFaults, BallotOfNoBlockIsRefused) {
  const std::uint64_t ballots = 4;
  for (const auto& column : segment_columns(chain_.genesis)) {
    if (!column.path.starts_with("/ballots")) continue;
    auto bytes = RawDataset(segment_, column.path).bytes;
    const auto row = bytes.size() / ballots;
    bytes.resize(bytes.size() + row, 0xff);
    if (column.path == "/ballots/add") bytes.back() = 1;
    const hdf5::Handle file{H5Fopen(segment_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose};
    H5Ldelete(file.get(), column.path.c_str(), H5P_DEFAULT);
    hdf5::Shape shape{ballots + 1};
    if (column.axes.size() == 2) shape.push_back(row);
    auto dataset = hdf5::create_dataset(file.get(), column.path, column.type, shape);
    dataset.write_rows(0, shape[0], bytes.data());
  }
  clean_ = testing::contents(segment_);
  EXPECT_NE(fault_with_attribute("ballots", ballots + 1).find("some are of no block"),
            std::string::npos);
}

TEST_F(SegmentFaults, ClaimsBeyondWhatTheFilesCanHoldAreRefusedBeforeAnythingIsAllocated) {
  for (const char* name : {"validators", "ballots", "payments", "evidence", "evidence_bytes"}) {
    for (const auto value : {std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
      EXPECT_NE(fault_with_attribute(name, value).find("are possible"), std::string::npos) << name;
    }
    EXPECT_NE(fault_with_attribute(name, 1), "") << name;
  }
}

TEST_F(SegmentFaults, ADayHasSettledOrNot) {
  for (const char* name : {"settled", "converged"}) {
    ASSERT_EQ(fault_with_attribute(name, 2), "");
    ArchiveReader reader(archive_);
    EXPECT_FALSE(reader.result(0));
    ASSERT_EQ(reader.faults().size(), 1U);
    EXPECT_NE(describe(reader.faults()[0])
                  .find(std::string("attribute ") + name + ": expected 0 or 1, found 2"),
              std::string::npos);
  }
}

}  // namespace gridtally::archive
