#include "merged/merged_file.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "archive/column_writer.hpp"
#include "archive/coordinates.hpp"
#include "archive/private_layout.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::merged {

namespace {
namespace hdf5 = archive::hdf5;
using archive::Axis;
using archive::Extents;

/// Successive rows of the datasets along one axis that one rank writes.
struct Range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// What one rank writes.
struct Share {
  Range prosumers;
  Range meters;
  std::map<std::string, ledger::Bytes> bytes;  ///< by dataset
};

Share share_of(const ledger::Genesis& genesis, const std::vector<archive::PrivateFile>& files,
               std::size_t name_width) {
  Share share;
  const auto sink = [&](const std::string& path, ledger::ByteView bytes) {
    auto& all = share.bytes[path];
    all.insert(all.end(), bytes.begin(), bytes.end());
  };
  for (const auto& file : files) {
    archive::require_sizes(file);
    const auto& meter = genesis.meters.at(file.meter);
    if (share.meters.count == 0) share.prosumers.first = meter.first;
    if (share.meters.count == 0) share.meters.first = file.meter;
    if (file.meter != share.meters.first + share.meters.count ||
        file.prosumers.size() != meter.count) {
      throw Error("meter " + std::to_string(file.meter) +
                  " does not follow the meters before it on this rank");
    }
    sink("/salt_key", file.salt_key);
    sink("/meter", archive::bytes_of_one(file.meter));
    for (const auto& prosumer : file.prosumers) {
      archive::give_rows(prosumer, name_width, sink);
      sink("/served_by", archive::bytes_of_one(file.meter));
    }
    ++share.meters.count;
    share.prosumers.count += meter.count;
  }
  return share;
}

/// Lengths that only ranks with meters know.
Extents extents_of(MPI_Comm ranks, const ledger::Genesis& genesis,
                   const std::vector<archive::PrivateFile>& files) {
  std::array<std::uint64_t, 2> known{};
  for (const auto& file : files) {
    known[0] = std::max<std::uint64_t>(known[0], file.days);
    if (file.prosumers.empty()) continue;
    known[1] = std::max<std::uint64_t>(known[1], file.prosumers[0].schedules.size());
  }
  MPI_Allreduce(MPI_IN_PLACE, known.data(), known.size(), MPI_UINT64_T, MPI_MAX, ranks);
  Extents extents;
  extents.prosumers = genesis.prosumers.size();
  extents.meters = genesis.meters.size();
  extents.slots = genesis.terms.slots;
  extents.days = known[0];
  extents.settled_days = known[1];
  for (const auto& name : genesis.prosumers) {
    extents.name_width = std::max(extents.name_width, name.size());
  }
  return extents;
}

hdf5::Handle create_together(MPI_Comm ranks, const std::filesystem::path& path) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  if (rank == 0) {
    remove_file(path);
    File::create(path, 0600).close();
  }
  MPI_Barrier(ranks);
  const auto lock = hdf5::library_lock();
  const hdf5::Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  H5Pset_fapl_mpio(access.get(), ranks, MPI_INFO_NULL);
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get());
  if (id < 0) {
    throw IoError("HDF5 could not create '" + path.string() +
                  "' together: all ranks need the same folder, on one file system");
  }
  return {id, H5Fclose};
}

void write_attributes(hid_t file, const ledger::Genesis& genesis, const Extents& extents) {
  hdf5::write_attribute(file, "format", std::string(archive::merged_format));
  hdf5::write_attribute(file, "format_version", archive::private_version);
  hdf5::write_attribute(file, "run_id", ledger::to_hex(ledger::run_id(genesis)));
  hdf5::write_attribute(file, "title",
                        "Private data of all meters: not to be shared with anyone but who may see "
                        "all of them");
  hdf5::write_attribute(file, "days", extents.days);
  hdf5::write_attribute(file, "slots", extents.slots);
  hdf5::write_attribute(file, "settled_days", extents.settled_days);
}

/// Collective: every rank writes its rows, some none.
class Rows {
 public:
  Rows() : transfer_(H5Pcreate(H5P_DATASET_XFER), H5Pclose) {
    H5Pset_dxpl_mpio(transfer_.get(), H5FD_MPIO_COLLECTIVE);
  }

  void write(hid_t dataset, const std::string& path, const Range& range, const void* data) const {
    const auto lock = hdf5::library_lock();
    const hdf5::Handle type{H5Dget_type(dataset), H5Tclose};
    const hdf5::Handle space{H5Dget_space(dataset), H5Sclose};
    if (H5Sget_simple_extent_npoints(space.get()) == 0) return;
    std::vector<hsize_t> extent(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space.get())));
    H5Sget_simple_extent_dims(space.get(), extent.data(), nullptr);
    std::vector<hsize_t> start(extent.size(), 0);
    start[0] = range.first;
    extent[0] = std::max<hsize_t>(1, range.count);
    const hdf5::Handle memory{
        H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose};
    if (range.count == 0) {
      H5Sselect_none(space.get());
      H5Sselect_none(memory.get());
    } else {
      H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(),
                          nullptr);
    }
    if (H5Dwrite(dataset, type.get(), memory.get(), space.get(), transfer_.get(), data) < 0) {
      throw IoError("HDF5 could not write dataset " + path + " of the merged private file");
    }
  }

 private:
  hdf5::Handle transfer_;
};

/// The rows that this rank has of a dataset; of scales, rank 0 all.
Range rows_of(const archive::Column& column, const Extents& extents, const Share& share, int rank) {
  if (column.axes[0] == Axis::prosumer) return share.prosumers;
  if (column.axes[0] == Axis::meter) return share.meters;
  return {0, rank == 0 ? extents.of(column.axes[0]) : 0};
}
}  // namespace

void write_merged_file(MPI_Comm ranks, const std::filesystem::path& folder,
                       const ledger::Genesis& genesis,
                       const std::vector<archive::PrivateFile>& files) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  const auto path = folder / archive::merged_file_name;
  auto temporary = path;
  temporary += ".tmp";
  const auto extents = extents_of(ranks, genesis, files);
  auto share = share_of(genesis, files, extents.name_width);
  for (auto& [name, bytes] : archive::private_coordinates(extents)) share.bytes[name] = bytes;
  const auto columns = archive::merged_columns();
  auto file = create_together(ranks, temporary);
  {
    auto datasets = archive::create_columns(file.get(), columns, extents);
    write_attributes(file.get(), genesis, extents);
    const Rows rows;
    for (const auto& column : columns) {
      rows.write(datasets.at(column.path).dataset(), column.path,
                 rows_of(column, extents, share, rank), share.bytes[column.path].data());
    }
    for (auto& [name, dataset] : datasets) dataset.close();
  }
  if (!file.close()) throw IoError("HDF5 could not write '" + temporary.string() + "'");
  MPI_Barrier(ranks);
  if (rank == 0) {
    sync_file(temporary);
    rename_file(temporary, path);
    sync_folder(folder);
  }
  MPI_Barrier(ranks);
}

}  // namespace gridtally::merged
