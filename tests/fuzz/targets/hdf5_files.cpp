#include <algorithm>

#include "archive/hdf5.hpp"
#include "archive/hdf5_reader.hpp"
#include "archive/library.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "fuzz/targets/mending.hpp"
#include "fuzz/targets/target.hpp"

namespace gridtally::fuzz {

namespace {

namespace hdf5 = archive::hdf5;

/// A dataset that a reader asks for. Names have the width that the file says, within 16.
struct Wanted {
  std::string path;
  hdf5::Type type;
  hdf5::Shape shape;
  std::size_t width = 1;
  std::uint64_t deepest = hdf5::any_depth;
};
constexpr std::size_t most_width = 16;

/// Three chunks under an index of two levels; text; a scalar in a group of a group; an empty one.
const std::vector<Wanted>& wanted() {
  static const std::vector<Wanted> all{{"/g/steps", hdf5::Type::u64, {2, 5}, 1, 2},
                                       {"/names", hdf5::Type::text, {3}, 4},
                                       {"/g/h/one", hdf5::Type::f64, {}},
                                       {"/g/none", hdf5::Type::u8, {0, 3}}};
  return all;
}

std::size_t bytes_of(const Wanted& dataset, std::size_t width) {
  return hdf5::product(dataset.shape) * hdf5::size_of(dataset.type, width);
}

void write_dataset(hid_t file, const Wanted& dataset) {
  auto out = hdf5::create_dataset(file, dataset.path, dataset.type, dataset.shape, dataset.width,
                                  dataset.deepest);
  const auto size = bytes_of(dataset, dataset.width);
  Bytes content(size);
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<std::uint8_t>('a' + i % 26);
  const auto axis = dataset.deepest == hdf5::any_depth ? 0 : dataset.shape.size() - 1;
  const auto rows = dataset.shape.empty() ? 1 : dataset.shape[axis];
  if (size > 0) out.write_rows(0, rows, content.data(), axis);
  hdf5::write_attribute(out.get(), "units", std::string("1"));
}

/// As small as can be: nodes of its trees have room for two.
Bytes file_of(std::size_t first, std::size_t count) {
  const TestFolder folder;
  const auto path = folder / "small.h5";
  {
    archive::start_hdf5();
    const auto lock = hdf5::library_lock();
    const hdf5::Handle making{H5Pcreate(H5P_FILE_CREATE), H5Pclose};
    H5Pset_istore_k(making.get(), 1);
    H5Pset_sym_k(making.get(), 1, 1);
    const hdf5::Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
    H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    const hdf5::Handle file{H5Fcreate(path.c_str(), H5F_ACC_EXCL, making.get(), access.get()),
                            H5Fclose};
    hdf5::write_attribute(file.get(), "format", std::string("small"));
    hdf5::write_attribute(file.get(), "version", std::uint64_t{1});
    hdf5::write_attribute(file.get(), "share", 0.5);
    for (auto i = first; i < first + count; ++i) write_dataset(file.get(), wanted()[i]);
  }
  return read_file(path);
}

std::vector<Bytes> small_files() {
  std::vector<Bytes> seeds;
  for (const auto mended : {std::uint8_t{0}, std::uint8_t{1}}) {
    for (const auto& file : {file_of(0, 1), file_of(1, 1), file_of(2, 2)})
      seeds.push_back(after(mended, file));
  }
  return seeds;
}

/// The elements of one row along `axis`, out of all of them.
Bytes row_of(const Bytes& all, const hdf5::Shape& shape, std::size_t axis, std::size_t row) {
  const auto rows = shape[axis];
  std::size_t runs = 1;
  for (std::size_t i = 0; i < axis; ++i) runs *= shape[i];
  const auto run = all.size() / runs / rows;
  Bytes part;
  for (std::size_t i = 0; i < runs; ++i) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>((i * rows + row) * run);
    part.insert(part.end(), from, from + static_cast<std::ptrdiff_t>(run));
  }
  return part;
}

/// All at once, then row by row along each axis.
void read_dataset(const hdf5::Reader& file, const Wanted& known) {
  const bool text = known.type == hdf5::Type::text;
  const auto width = text ? file.text_width(known.path, most_width) : known.width;
  auto dataset = file.dataset(known.path, known.type, known.shape, width, known.deepest);
  Bytes all(bytes_of(known, width));
  dataset.read_rows(0, known.shape.empty() ? 1 : known.shape[0], 0, all);
  if (all.empty()) return;
  for (std::size_t axis = 0; axis < known.shape.size(); ++axis) {
    for (std::uint64_t row = 0; row < known.shape[axis]; ++row) {
      Bytes part(all.size() / known.shape[axis]);
      dataset.read_rows(row, 1, axis, part);
      require_same(part, row_of(all, known.shape, axis, row));
    }
  }
}

/// The first byte says whether chunks get their right checksums.
void read_small(ByteView bytes) {
  if (bytes.empty()) return;
  Bytes content(bytes.begin() + 1, bytes.end());
  if (bytes[0] % 2 == 1) sum_chunks(content);
  const hdf5::Reader file{archive::Input(put("small.h5", content))};
  const auto paths = file.paths();
  for (const auto& dataset : wanted()) {
    if (!std::ranges::binary_search(paths, dataset.path)) continue;
    read_dataset(file, dataset);
    (void)file.text(dataset.path, "units");
  }
  (void)file.text("format");
  (void)file.number("version");
  (void)file.real("share");
}

}  // namespace

std::vector<Target> hdf5_files() { return {{"hdf5", small_files, read_small}}; }

}  // namespace gridtally::fuzz
