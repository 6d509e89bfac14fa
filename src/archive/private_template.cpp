#include "archive/private_template.hpp"

#include <algorithm>
#include <cstring>

#include "archive/column_writer.hpp"
#include "archive/hdf5_filters.hpp"
#include "archive/private_layout.hpp"
#include "base/error.hpp"

namespace gridtally::archive {

namespace {
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;  // of all datasets
constexpr std::uint64_t node_head = 24;                       // of an index of chunks

/// Of the address at which a file ends, in its superblock (version 0, or 1 with four bytes more).
std::uint64_t place_of_end(const ledger::Bytes& file) { return file.at(8) == 0 ? 40 : 44; }

template <typename T>
void put(ledger::Bytes& file, std::uint64_t at, T value) {
  if (at + sizeof value > file.size()) throw Error("a template that ends too early");
  std::memcpy(&file[at], &value, sizeof value);
}

std::size_t element_size(const Column& column, const Extents& extents) {
  return hdf5::size_of(column.type, width_of(column, extents));
}

/// Each dataset with a chunk that holds nothing: room in the index, which `fill` leads elsewhere.
ledger::Bytes make_structures(const PrivateFile& about, const Extents& extents) {
  const auto file = hdf5::create_image();
  {
    auto columns = create_columns(file.get(), private_columns(), extents);
    write_private_attributes(file.get(), about, extents);
    for (const auto& column : private_columns()) {
      const auto shape = shape_of(column, extents);
      if (hdf5::product(shape) == 0) continue;
      columns.at(column.path).reserve_chunk();
    }
    for (auto& [path, column] : columns) column.close();
  }
  return hdf5::image_of(file.get());
}
}  // namespace

Extents private_extents(const PrivateFile& content, std::uint64_t settled_days) {
  Extents extents;
  extents.prosumers = content.prosumers.size();
  extents.days = content.days;
  extents.slots = content.slots;
  extents.settled_days = settled_days;
  for (const auto& prosumer : content.prosumers) {
    extents.name_width = std::max(extents.name_width, prosumer.parameters.name.size());
  }
  return extents;
}

std::string private_title(std::uint32_t meter) {
  return "Private data of meter " + std::to_string(meter) +
         ": not to be shared with anyone but its auditor";
}

void write_private_attributes(hid_t file, const PrivateFile& content, const Extents& extents) {
  hdf5::write_attribute(file, "format", std::string(private_format));
  hdf5::write_attribute(file, "format_version", private_version);
  hdf5::write_attribute(file, "run_id", ledger::to_hex(content.run_id));
  hdf5::write_attribute(file, "title", private_title(content.meter));
  hdf5::write_attribute(file, "meter", std::uint64_t{content.meter});
  hdf5::write_attribute(file, "days", extents.days);
  hdf5::write_attribute(file, "slots", extents.slots);
  hdf5::write_attribute(file, "settled_days", extents.settled_days);
}

PrivateTemplate::Kind PrivateTemplate::kind_of(const PrivateFile& content, const Extents& extents) {
  return {content.run_id,
          extents.prosumers,
          extents.days,
          extents.slots,
          extents.settled_days,
          extents.name_width,
          private_title(content.meter).size()};
}

bool PrivateTemplate::fits(const Extents& extents) {
  std::uint64_t bytes = 0;
  for (const auto& column : private_columns()) {
    const auto shape = shape_of(column, extents);
    const auto size = element_size(column, extents);
    if (hdf5::product(shape) == 0) continue;
    if (hdf5::chunk_of(shape, size) != shape) return false;
    bytes += hdf5::product(shape) * size;
  }
  return bytes <= most_bytes;
}

PrivateTemplate::PrivateTemplate(const PrivateFile& about, const Extents& extents)
    : structures_(make_structures(about, extents)) {
  put(structures_, place_of_end(structures_), std::uint64_t{structures_.size()});
  const hdf5::Reader file(Input(structures_, "template"));
  meter_at_ = file.place_of("meter");
  title_at_ = file.place_of("title");
  for (const auto& column : private_columns()) {
    const auto elements = hdf5::product(shape_of(column, extents));
    const auto size = element_size(column, extents);
    Place place{column.path, 0, 0, size, static_cast<std::size_t>(elements * size)};
    if (elements > 0) {
      place.size_at = file.chunk_index_of(column.path) + node_head;
      // After its bytes, the filters left out, and where it begins along each axis and in the
      // element.
      place.address_at = place.size_at + 8 + 8 * (column.axes.size() + 1);
    }
    places_.push_back(std::move(place));
  }
}

ledger::Bytes PrivateTemplate::fill(const PrivateFile& about,
                                    const std::map<std::string, ledger::Bytes>& datasets) const {
  auto file = structures_;
  const auto title = private_title(about.meter);
  std::copy(title.begin(), title.end(), file.begin() + static_cast<std::ptrdiff_t>(title_at_));
  put(file, meter_at_, std::uint64_t{about.meter});
  for (const auto& place : places_) {
    const auto given = datasets.find(place.path);
    const auto size = given == datasets.end() ? 0 : given->second.size();
    if (size != place.bytes) {
      throw Error(place.path + ": " + std::to_string(size) + " bytes written, expected " +
                  std::to_string(place.bytes));
    }
    if (size == 0) continue;
    const auto chunk = hdf5::encode_chunk(given->second, place.element_size);
    put(file, place.size_at, static_cast<std::uint32_t>(chunk.size()));
    put(file, place.address_at, std::uint64_t{file.size()});
    file.insert(file.end(), chunk.begin(), chunk.end());
  }
  put(file, place_of_end(file), std::uint64_t{file.size()});
  return file;
}

const PrivateTemplate* PrivateTemplates::of(const PrivateFile& about, std::uint64_t settled_days) {
  const auto extents = private_extents(about, settled_days);
  const auto kind = PrivateTemplate::kind_of(about, extents);
  const auto known = known_.find(kind);
  if (known != known_.end()) return &known->second;
  if (!PrivateTemplate::fits(extents)) return nullptr;
  return &known_.emplace(kind, PrivateTemplate(about, extents)).first->second;
}

}  // namespace gridtally::archive
