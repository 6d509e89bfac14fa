#include "merged/merged_file.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "archive/column_writer.hpp"
#include "archive/coordinates.hpp"
#include "archive/private_layout.hpp"
#include "base/disk_space.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "merged/progress_watch.hpp"
#include "merged/run_together.hpp"

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

/// A rank's share, some rows after others.
class Rounds {
 public:
  Rounds(const ledger::Genesis& genesis, const Share& share, const Extents& extents)
      : share_(share), extents_(extents) {
    for (const auto& meter : share.meters) {
      archive::require_sizes(meter);
      const auto& known = genesis.meters.at(meter.meter);
      if (meters_.count == 0) meters_.first = meter.meter;
      if (meters_.count == 0) prosumers_.first = known.first;
      if (meter.meter != meters_.first + meters_.count || meter.prosumers.size() != known.count) {
        throw Error("meter " + std::to_string(meter.meter) +
                    " does not follow the meters before it on this rank");
      }
      ++meters_.count;
      put("/salt_key", meter.salt_key);
      put("/meter", archive::bytes_of_one(meter.meter));
    }
  }

  /// Rows of the next prosumers, until they take `at_once` bytes; false when there are none.
  bool advance(std::uint64_t at_once) {
    prosumers_.first += prosumers_.count;
    prosumers_.count = 0;
    for (std::uint64_t taken = 0; meter_ < share_.meters.size() && taken < at_once;) {
      taken += put_prosumer(share_.meters[meter_]);
      ++prosumers_.count;
      if (++row_ < share_.meters[meter_].prosumers.size()) continue;
      row_ = 0;
      ++meter_;
    }
    return prosumers_.count > 0;
  }

  [[nodiscard]] const Range& prosumers() const { return prosumers_; }
  [[nodiscard]] const Range& meters() const { return meters_; }
  /// The bytes of a dataset's rows since it was last asked for.
  ledger::Bytes take(const std::string& path) { return std::exchange(bytes_[path], {}); }

 private:
  void put(const std::string& path, ledger::ByteView bytes) {
    auto& all = bytes_[path];
    all.insert(all.end(), bytes.begin(), bytes.end());
  }

  std::uint64_t put_prosumer(const archive::PrivateFile& meter) {
    auto prosumer = meter.prosumers[row_];
    prosumer.schedules = share_.next();
    if (prosumer.schedules.size() != extents_.settled_days) {
      throw Error("prosumer " + std::to_string(prosumer.prosumer) + " has " +
                  std::to_string(prosumer.schedules.size()) + " settled days, others " +
                  std::to_string(extents_.settled_days));
    }
    std::uint64_t taken = 0;
    archive::give_rows(prosumer, extents_.name_width,
                       [&](const std::string& path, ledger::ByteView bytes) {
                         put(path, bytes);
                         taken += bytes.size();
                       });
    put("/served_by", archive::bytes_of_one(meter.meter));
    return taken;
  }

  const Share& share_;
  const Extents& extents_;
  std::size_t meter_ = 0;  // of the share, next
  std::size_t row_ = 0;    // prosumer of it, next
  Range prosumers_;
  Range meters_;
  std::map<std::string, ledger::Bytes> bytes_;
};

int rank_in(MPI_Comm ranks) {
  int rank = 0;
  MPI_Comm_rank(ranks, &rank);
  return rank;
}

bool on_any(MPI_Comm ranks, bool here) {
  int any = here ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, ranks);
  return any != 0;
}

/// Lengths that only ranks with meters know.
Extents extents_of(MPI_Comm ranks, const ledger::Genesis& genesis, const Share& share) {
  std::array<std::uint64_t, 2> known{0, share.settled_days};
  for (const auto& meter : share.meters) known[0] = std::max<std::uint64_t>(known[0], meter.days);
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

/// What the file takes at most: its numbers, which are deflated, and HDF5's own structures.
std::uint64_t most_bytes(const Extents& extents) {
  std::uint64_t bytes = std::uint64_t{1} << 18U;
  for (const auto& column : archive::merged_columns()) {
    const archive::RowShape all(column, extents);
    bytes += all.rows * all.bytes;
  }
  return bytes;
}

/// An empty file that every rank has opened: who finds none would leave the others in H5Fcreate.
void make_empty(MPI_Comm ranks, const std::filesystem::path& path) {
  run_together(ranks, [&] {
    if (rank_in(ranks) != 0) return;
    remove_file(path);
    File::create(path, 0600).close();
  });
  run_together(ranks, [&] {
    try {
      File::open_append(path).close();
    } catch (const IoError& error) {
      throw IoError(std::string(error.what()) +
                    ": all ranks need the same folder, on one file system");
    }
  });
}

hdf5::Handle create(MPI_Comm ranks, const std::filesystem::path& path) {
  const auto lock = hdf5::library_lock();
  const hdf5::Handle access{H5Pcreate(H5P_FILE_ACCESS), H5Pclose};
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  H5Pset_fapl_mpio(access.get(), ranks, MPI_INFO_NULL);
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get());
  if (id < 0) throw IoError("HDF5 could not create it on all ranks together");
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
      throw IoError("HDF5 could not write dataset " + path);
    }
  }

 private:
  hdf5::Handle transfer_;
};

/// Stages that call HDF5 on all ranks.
class Writing {
 public:
  Writing(MPI_Comm ranks, const std::filesystem::path& file, std::chrono::milliseconds patience)
      : ranks_(ranks), file_(file), watch_(ranks, file, patience) {}

  /// run_together, for what calls HDF5: one dataset's next rows, say. What could not be written
  /// says where, and a job that gets no further ends.
  void run(const std::function<void()>& stage) {
    run_together(ranks_, [&] {
      watch_.progress();
      try {
        stage();
      } catch (const IoError& error) {
        throw IoError("'" + file_.string() + "': " + error.what());
      }
    });
    watch_.progress();
  }
  /// run_together, for what does not, and may take its time.
  void run_aside(const std::function<void()>& stage) {
    const ProgressWatch::Pause pause(watch_);
    run_together(ranks_, stage);
  }

 private:
  MPI_Comm ranks_;
  std::filesystem::path file_;
  ProgressWatch watch_;
};

/// Whether any rank has rows for one more round.
bool advance(MPI_Comm ranks, Writing& writing, Rounds& rounds, std::uint64_t at_once) {
  bool more = false;
  writing.run_aside([&] { more = rounds.advance(at_once); });
  return on_any(ranks, more);
}

/// Round after round each rank's next prosumers; what lies along other axes with the first, scales
/// by rank 0. Of a chunk that two rounds or two ranks share, the library puts the parts together.
void write_rounds(MPI_Comm ranks, Writing& writing, archive::ColumnWriters& datasets,
                  const Extents& extents, Rounds& rounds, std::uint64_t at_once) {
  const bool writes_scales = rank_in(ranks) == 0;
  auto scales = archive::private_coordinates(extents);
  const Rows rows;
  for (bool first = true; advance(ranks, writing, rounds, at_once); first = false) {
    for (const auto& column : archive::merged_columns()) {
      const auto write = [&](const Range& range, const ledger::Bytes& bytes) {
        writing.run([&] {
          rows.write(datasets.at(column.path).dataset(), column.path, range, bytes.data());
        });
      };
      const auto axis = column.axes[0];
      if (axis == Axis::prosumer) {
        write(rounds.prosumers(), rounds.take(column.path));
      } else if (first && axis == Axis::meter) {
        write(rounds.meters(), rounds.take(column.path));
      } else if (first) {
        write({0, writes_scales ? extents.of(axis) : 0}, scales[column.path]);
      }
    }
  }
}

/// Every rank leaves at the same call, returning or throwing: closing the file, which what was
/// thrown does as well, is collective too. There must be room before HDF5 begins: it and MPI-IO
/// leave the others waiting for a rank whose write failed inside them.
void write_datasets(MPI_Comm ranks, const std::filesystem::path& path,
                    const ledger::Genesis& genesis, const Extents& extents, Rounds& rounds,
                    std::uint64_t at_once, std::chrono::milliseconds patience) {
  Writing writing(ranks, path, patience);
  hdf5::Handle file;
  archive::ColumnWriters datasets;
  const auto reserve = [&] { reserve_space(path, most_bytes(extents)); };  // limits are each rank's
  writing.run_aside(reserve);
  writing.run([&] { file = create(ranks, path); });
  writing.run_aside(reserve);  // creating it gives all back
  writing.run([&] {
    datasets = archive::create_columns(file.get(), archive::merged_columns(), extents);
    write_attributes(file.get(), genesis, extents);
  });
  write_rounds(ranks, writing, datasets, extents, rounds, at_once);
  writing.run_aside([&] { sync_file(path); });  // of the disk's time none is left for closing it
  writing.run([&] {
    for (auto& [name, dataset] : datasets) dataset.close();
  });
  writing.run([&] {
    if (!file.close()) throw IoError("HDF5 could not write the file's last bytes");
  });
}

/// A new file that is on the disk when this returns.
void write_new(MPI_Comm ranks, const std::filesystem::path& path, const ledger::Genesis& genesis,
               const Share& share, std::uint64_t at_once, std::chrono::milliseconds patience) {
  const auto extents = extents_of(ranks, genesis, share);
  std::optional<Rounds> rounds;
  run_together(ranks, [&] { rounds.emplace(genesis, share, extents); });
  make_empty(ranks, path);
  write_datasets(ranks, path, genesis, extents, *rounds, at_once, patience);
  run_together(ranks, [&] {
    if (rank_in(ranks) == 0) release_space(path);
  });
  run_together(ranks, [&] { sync_file(path); });  // each host what it holds of it
}

/// Open MPI tries whether the file can be locked with files of this name, and leaves them where the
/// disk fails meanwhile.
void remove_lock_tests(const std::filesystem::path& path) {
  const auto begins = path.filename().string() + ".locktest.";
  std::vector<std::filesystem::path> left;
  for (const auto& entry : std::filesystem::directory_iterator(path.parent_path())) {
    if (entry.path().filename().string().starts_with(begins)) left.push_back(entry.path());
  }
  for (const auto& file : left) remove_file(file);
}
}  // namespace

void write_merged_file(MPI_Comm ranks, const std::filesystem::path& folder,
                       const ledger::Genesis& genesis, const Share& share, std::uint64_t at_once,
                       std::chrono::milliseconds patience) {
  const auto path = folder / archive::merged_file_name;
  auto temporary = path;
  temporary += ".tmp";
  const bool names_it = rank_in(ranks) == 0;
  try {
    write_new(ranks, temporary, genesis, share, at_once, patience);
    run_together(ranks, [&] {
      if (!names_it) return;
      remove_lock_tests(temporary);
      rename_file(temporary, path);
      sync_folder(folder);
    });
  } catch (...) {
    if (names_it) {
      std::error_code ignored;
      std::filesystem::remove(temporary, ignored);
      try {
        remove_lock_tests(temporary);
      } catch (const std::exception&) {  // what failed first is told
      }
    }
    throw;
  }
}

}  // namespace gridtally::merged
