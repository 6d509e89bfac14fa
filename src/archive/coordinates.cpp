#include "archive/coordinates.hpp"

#include <algorithm>

#include "archive/column.hpp"

namespace gridtally::archive {

ledger::Bytes padded_names(const std::vector<std::string>& names, std::size_t width) {
  ledger::Bytes bytes(names.size() * width, 0);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::copy(names[i].begin(), names[i].end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  return bytes;
}

ledger::Bytes counted(std::uint64_t count, std::uint32_t first) {
  ledger::ByteWriter out;
  for (std::uint64_t i = 0; i < count; ++i) out.u32(first + static_cast<std::uint32_t>(i));
  return out.take();
}

namespace {
ledger::Bytes heights(std::uint64_t first, std::uint64_t count) {
  ledger::ByteWriter out;
  for (std::uint64_t i = 0; i < count; ++i) out.u64(first + i);
  return out.take();
}

ledger::Bytes numbers(const std::vector<std::uint32_t>& values) {
  ledger::ByteWriter out;
  for (const auto value : values) out.u32(value);
  return out.take();
}

ledger::Bytes arc_ends(const market::PartnerGraph& graph, std::uint32_t market::Arc::*end) {
  ledger::ByteWriter out;
  for (std::size_t i = 0; i < graph.arcs(); ++i) out.u32(graph.arc(i).*end);
  return out.take();
}

ledger::Bytes day_of(const std::vector<double>& series, std::uint32_t day, std::size_t slots) {
  ledger::ByteWriter out;
  out.f64s(std::span(series).subspan(day * slots, slots));
  return out.take();
}
}  // namespace

std::map<std::string, ledger::Bytes> segment_coordinates(const ledger::Genesis& genesis,
                                                         std::uint32_t day, std::uint64_t first,
                                                         const Extents& extents) {
  const auto slots = genesis.terms.slots;
  std::map<std::string, ledger::Bytes> bytes;
  bytes["/height"] = heights(first, extents.blocks);
  bytes["/iteration"] = counted(extents.iterations, 1);
  bytes["/kept"] = numbers(kept_iterations(extents.iterates, extents.iterations));
  bytes["/left_out"] = numbers(left_out_iterations(extents.iterates, extents.iterations));
  bytes["/round"] = counted(extents.rounds, 1);
  bytes["/meter"] = counted(extents.meters);
  bytes["/validator"] = counted(extents.validators);
  bytes["/prosumer"] = padded_names(genesis.prosumers, extents.name_width);
  bytes["/slot"] = counted(extents.slots);
  bytes["/hash_byte"] = counted(extents.of(Axis::digest));
  bytes["/signature_byte"] = counted(extents.of(Axis::signature));
  bytes["/tariff/grid_price"] = day_of(genesis.grid_price, day, slots);
  bytes["/tariff/reserve_price"] = day_of(genesis.reserve_price, day, slots);
  if (lists_pairs(genesis) || genesis.terms.form == market::Form::pairwise) {
    bytes["/arc"] = counted(extents.arcs);
    bytes["/arc_from"] = arc_ends(genesis.terms.graph, &market::Arc::from);
    bytes["/arc_to"] = arc_ends(genesis.terms.graph, &market::Arc::to);
  }
  return bytes;
}

}  // namespace gridtally::archive
