// A fresh merged file, by however many ranks it was written, against FORMAT.md.
#include <hdf5.h>
#include <hdf5_hl.h>

#include <regex>
#include <set>

#include "archive/format_page.hpp"
#include "archive/hdf5.hpp"
#include "merged/merged_file_test.hpp"

namespace gridtally::merged {
namespace {

namespace hdf5 = archive::hdf5;
using archive::testing::documented;
using archive::testing::found;
using archive::testing::section_of_page;

/// What `pattern` has in its parentheses, wherever it is in `text`.
std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  std::set<std::string> all;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at) {
    all.insert((*at)[1]);
  }
  return all;
}

/// The page's words on a meter's file as far as they are about attributes.
std::string words_on_attributes() {
  const auto section = section_of_page("Private file");
  const auto from = section.find("attributes");
  return section.substr(from, section.find("While", from) - from);
}

hdf5::Handle open(const std::filesystem::path& path) {
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
}

hdf5::Handle open(hid_t file, const std::string& dataset) {
  return {H5Dopen2(file, dataset.c_str(), H5P_DEFAULT), H5Dclose};
}

std::set<std::string> attributes_of(hid_t file) {
  std::set<std::string> names;
  const auto note = [](hid_t, const char* name, const H5A_info_t*, void* all) -> herr_t {
    static_cast<std::set<std::string>*>(all)->insert(name);
    return 0;
  };
  EXPECT_GE(H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, note, &names), 0);
  return names;
}

class MergedFormat : public MergedFile {
 protected:
  MergedFormat() { write(2); }
  std::filesystem::path path_ = folder_ / archive::merged_file_name;
};

TEST_F(MergedFormat, PageListsItsDatasets) {
  auto expected = documented("Private file");
  for (const auto& [path, row] : documented("Merged")) expected[path] = row;
  const hdf5::Reader file{archive::Input(path_)};
  EXPECT_EQ(found(file, archive::merged_columns(), extents(2)), expected);
}

TEST_F(MergedFormat, PageListsItsAttributes) {
  const auto of_a_meters = words_on_attributes();
  const auto merged = section_of_page("Merged");
  auto expected = matches(of_a_meters, "`([a-z_]+)`");
  for (const auto& name : matches(merged, "without the attribute `([a-z_]+)`")) {
    EXPECT_EQ(expected.erase(name), 1U) << name;
  }
  const auto opened = open(path_);
  EXPECT_EQ(attributes_of(opened.get()), expected);

  const hdf5::Reader file{archive::Input(path_)};
  EXPECT_EQ(std::set{file.text("format")}, matches(merged, "`format` \"([a-z-]+)\""));
  EXPECT_EQ(std::set{std::to_string(file.number("format_version"))},
            matches(of_a_meters, "`format_version` ([0-9]+)"));
  EXPECT_EQ(file.text("run_id"), ledger::to_hex(ledger::run_id(genesis_)));
  EXPECT_FALSE(file.text("title").empty());
  EXPECT_EQ(file.number("days"), days);
  EXPECT_EQ(file.number("slots"), slots);
  EXPECT_EQ(file.number("settled_days"), 2U);
}

TEST_F(MergedFormat, EveryAxisIsLinkedToItsScale) {
  const auto file = open(path_);
  for (const auto& column : archive::merged_columns()) {
    const auto dataset = open(file.get(), column.path);
    if (column.axes.size() == 1 && column.path == archive::scale_path(column.axes[0])) {
      EXPECT_GT(H5DSis_scale(dataset.get()), 0) << column.path;
      continue;
    }
    for (unsigned axis = 0; axis < column.axes.size(); ++axis) {
      const auto scale = open(file.get(), archive::scale_path(column.axes[axis]));
      EXPECT_EQ(H5DSget_num_scales(dataset.get(), axis), 1) << column.path << ", axis " << axis;
      EXPECT_GT(H5DSis_attached(dataset.get(), scale.get(), axis), 0)
          << column.path << ", axis " << axis;
    }
  }
}

}  // namespace
}  // namespace gridtally::merged
