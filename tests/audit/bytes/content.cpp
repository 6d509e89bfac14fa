#include "audit/bytes/content.hpp"

#include <bit>

#include "archive/archive_reader.hpp"
#include "ledger/carried_state.hpp"
#include "ledger/thinned_codec.hpp"

namespace gridtally::audit::testing {

namespace {

void put(ledger::ByteWriter& out, const std::vector<double>& numbers) {
  out.u64(numbers.size()).f64s(numbers);
}

bool is_thinned(const archive::DayResult& result) { return !result.carried.globals.empty(); }

ledger::Bytes premium_of(const archive::DayResult& result) {
  ledger::ByteWriter out;
  put(out, result.carried.premium);
  return out.take();
}

/// Without the premium of a thinned day.
ledger::Bytes encode(const archive::DayResult& result) {
  ledger::ByteWriter out;
  out.u32(result.day).u8(result.converged).u8(result.settled);
  out.u32(result.iterations).u32(result.rounds).f64(result.residual).f64(result.congestion_rent);
  for (const auto* numbers : {&result.trade, &result.price, &result.net_trade, &result.cost,
                              &result.cost_alone, &result.bound, &result.carried.iterate}) {
    put(out, *numbers);
  }
  if (!is_thinned(result)) out.raw(premium_of(result));
  for (const auto bill : result.bill) out.i64(bill);
  for (const auto balance : result.balance) out.i64(balance);
  out.blob(result.unfunded).blob(result.carried.globals);
  return out.take();
}

/// Of a block whose decisions were left out, what is there.
ledger::Bytes bytes_of(const ledger::CommittedBlock& committed) {
  if (!ledger::lacks_decisions(committed.block)) return ledger::encode(committed);
  ledger::ByteWriter out;
  out.raw(ledger::encode_thinned(committed.block)).raw(ledger::encode(committed.certificate));
  return out.take();
}

void put(ledger::ByteWriter& out, const archive::PrivateSchedule& schedule) {
  for (const auto* numbers :
       {&schedule.grid, &schedule.renewable, &schedule.flexible, &schedule.charge,
        &schedule.discharge, &schedule.stored, &schedule.reserve, &schedule.net_trade,
        &schedule.premium, &schedule.battery_price, &schedule.peak_share,
        &schedule.reserve_share}) {
    put(out, *numbers);
  }
  for (const auto number : {schedule.cost, schedule.cost_alone, schedule.battery_start,
                            schedule.flexible_price, schedule.bound}) {
    out.f64(number);
  }
}

void put(ledger::ByteWriter& out, const archive::PrivateParameters& home) {
  out.string(home.name);
  for (const auto number : {home.battery_min, home.battery_max, home.battery_initial,
                            home.charge_max, home.discharge_max, home.battery_efficiency,
                            home.grid_max, home.discomfort_weight, home.wear_cost}) {
    out.f64(number);
  }
}

}  // namespace

bool Content::says_the_same(const Content& other) const {
  return !fault && !other.fault && blocks == other.blocks && results == other.results &&
         evidence == other.evidence && cut_bytes == other.cut_bytes;
}

Content read_content(const std::filesystem::path& archive) {
  Content content;
  archive::ArchiveReader reader(archive);
  for (const auto& piece : reader.evidence()) content.evidence.push_back(ledger::encode(piece));
  while (const auto block = reader.next()) {
    content.commit_times.push_back(std::bit_cast<std::uint64_t>(reader.commit_time()));
    content.blocks.push_back(bytes_of(*block));
    if (!block->block.header.settled) continue;
    if (const auto result = reader.result(block->block.header.turn.day)) {
      content.results.push_back(encode(*result));
      if (is_thinned(*result)) content.premiums.push_back(premium_of(*result));
    }
  }
  content.cut_bytes = reader.cut_bytes();
  if (!reader.faults().empty()) content.fault = reader.faults().front();
  return content;
}

ledger::Bytes encode(const archive::PrivateFile& file) {
  ledger::ByteWriter out;
  out.raw(file.run_id).u32(file.meter).raw(file.salt_key).u32(file.days).u32(file.slots);
  for (const auto& home : file.prosumers) {
    out.u32(home.prosumer);
    put(out, home.parameters);
    for (const auto* profile : {&home.renewable, &home.inflexible, &home.flexible_reference,
                                &home.flexible_min, &home.flexible_max}) {
      put(out, *profile);
    }
    out.u64(home.schedules.size());
    for (const auto& schedule : home.schedules) put(out, schedule);
  }
  return out.take();
}

}  // namespace gridtally::audit::testing
