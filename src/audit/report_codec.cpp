#include "audit/report_codec.hpp"

namespace gridtally::audit {

namespace {

constexpr std::size_t longest_text = std::size_t{1} << 20;

template <typename Number>
void write_number(const std::optional<Number>& number, ledger::ByteWriter& writer) {
  writer.u8(number ? 1 : 0).u64(number.value_or(0));
}

template <typename Number>
void read_number(std::optional<Number>& number, ledger::ByteReader& reader) {
  const bool there = reader.boolean();
  const auto value = static_cast<Number>(reader.u64());
  if (there) number = value;
}

void write_finding(const std::optional<Finding>& finding, ledger::ByteWriter& writer) {
  writer.u8(finding ? 1 : 0);
  if (!finding) return;
  writer.u8(static_cast<std::uint8_t>(finding->verdict));
  writer.u8(static_cast<std::uint8_t>(finding->stage));
  write_number(finding->height, writer);
  write_number(finding->meter, writer);
  write_number(finding->prosumer, writer);
  write_number(finding->day, writer);
  write_number(finding->slot, writer);
  writer.string(finding->file).string(finding->what);
  writer.string(finding->expected).string(finding->found);
}

std::optional<Finding> read_finding(ledger::ByteReader& reader) {
  if (!reader.boolean()) return std::nullopt;
  Finding finding;
  finding.verdict = static_cast<Verdict>(reader.u8());
  finding.stage = static_cast<Stage>(reader.u8());
  read_number(finding.height, reader);
  read_number(finding.meter, reader);
  read_number(finding.prosumer, reader);
  read_number(finding.day, reader);
  read_number(finding.slot, reader);
  finding.file = reader.string(longest_text);
  finding.what = reader.string(longest_text);
  finding.expected = reader.string(longest_text);
  finding.found = reader.string(longest_text);
  return finding;
}

void write_day(const DaySummary& day, ledger::ByteWriter& writer) {
  writer.u32(day.day).u8(day.converged ? 1 : 0).u8(day.settled ? 1 : 0);
  writer.u32(day.iterations).u32(day.rounds).f64(day.residual);
  writer.f64(day.cost).f64(day.cost_alone).f64(day.bound).f64(day.gap);
  writer.f64(day.congestion_rent).u8(day.certified ? 1 : 0);
  writer.u32(day.left_out).u8(day.regenerated ? 1 : 0);
}

DaySummary read_day(ledger::ByteReader& reader) {
  DaySummary day;
  day.day = reader.u32();
  day.converged = reader.boolean();
  day.settled = reader.boolean();
  day.iterations = reader.u32();
  day.rounds = reader.u32();
  day.residual = reader.f64();
  day.cost = reader.f64();
  day.cost_alone = reader.f64();
  day.bound = reader.f64();
  day.gap = reader.f64();
  day.congestion_rent = reader.f64();
  day.certified = reader.boolean();
  day.left_out = reader.u32();
  day.regenerated = reader.boolean();
  return day;
}

void write_run(const Report& report, ledger::ByteWriter& writer) {
  writer.u8(report.has_genesis ? 1 : 0).raw(report.run_id).u32(report.prosumers).u64(report.pairs);
  writer.u32(report.meters).u32(report.validators).u32(report.days_planned).u64(report.blocks);
  writer.u64(report.transactions).u64(report.signatures).raw(report.head);
  writer.u8(static_cast<std::uint8_t>(report.outcome)).u64(report.evidence).u64(report.cut_bytes);
  writer.u8(report.private_asked ? 1 : 0).u32(report.meters_certified);
  writer.u32(report.meters_replayed).u32(report.processes).u32(report.threads);
  writer.f64(report.seconds).u8(report.closed ? 1 : 0);
}

void read_run(Report& report, ledger::ByteReader& reader) {
  report.has_genesis = reader.boolean();
  report.run_id = reader.array<32>();
  report.prosumers = reader.u32();
  report.pairs = reader.u64();
  report.meters = reader.u32();
  report.validators = reader.u32();
  report.days_planned = reader.u32();
  report.blocks = reader.u64();
  report.transactions = reader.u64();
  report.signatures = reader.u64();
  report.head = reader.array<32>();
  report.outcome = static_cast<ledger::Outcome>(reader.u8());
  report.evidence = reader.u64();
  report.cut_bytes = reader.u64();
  report.private_asked = reader.boolean();
  report.meters_certified = reader.u32();
  report.meters_replayed = reader.u32();
  report.processes = reader.u32();
  report.threads = reader.u32();
  report.seconds = reader.f64();
  report.closed = reader.boolean();
}

}  // namespace

ledger::Bytes encode(const std::optional<Finding>& finding) {
  ledger::ByteWriter writer;
  write_finding(finding, writer);
  return writer.take();
}

std::optional<Finding> decode_finding(ledger::ByteView bytes) {
  ledger::ByteReader reader(bytes, "finding");
  auto finding = read_finding(reader);
  reader.finish();
  return finding;
}

ledger::Bytes encode(const Report& report) {
  ledger::ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(report.verdict));
  write_finding(report.fault, writer);
  write_run(report, writer);
  writer.u32(static_cast<std::uint32_t>(report.days.size()));
  for (const auto& day : report.days) write_day(day, writer);
  writer.u32(static_cast<std::uint32_t>(report.incidents.size()));
  for (const auto& incident : report.incidents) writer.u64(incident.height).string(incident.text);
  writer.u32(static_cast<std::uint32_t>(report.terms.size()));
  for (const auto& term : report.terms) {
    writer.u32(term.prosumer).u32(term.day).f64(term.cost).f64(term.bound);
  }
  writer.u32(static_cast<std::uint32_t>(report.unfinished.size()));
  for (const auto& file : report.unfinished) writer.u32(file.meter).u32(file.days);
  return writer.take();
}

Report decode_report(ledger::ByteView bytes) {
  ledger::ByteReader reader(bytes, "report");
  Report report;
  report.verdict = static_cast<Verdict>(reader.u8());
  report.fault = read_finding(reader);
  read_run(report, reader);
  report.days.resize(reader.count(1));
  for (auto& day : report.days) day = read_day(reader);
  report.incidents.resize(reader.count(1));
  for (auto& incident : report.incidents) {
    incident.height = reader.u64();
    incident.text = reader.string(longest_text);
  }
  report.terms.resize(reader.count(24));
  for (auto& term : report.terms) {
    term.prosumer = reader.u32();
    term.day = reader.u32();
    term.cost = reader.f64();
    term.bound = reader.f64();
  }
  report.unfinished.resize(reader.count(8));
  for (auto& file : report.unfinished) {
    file.meter = reader.u32();
    file.days = reader.u32();
  }
  reader.finish();
  return report;
}

}  // namespace gridtally::audit
