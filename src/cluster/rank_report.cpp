#include "cluster/rank_report.hpp"

#include "base/process.hpp"

namespace gridtally::cluster {

namespace {

ledger::Bytes encode(const RankReport& report) {
  const auto& s = report.seconds;
  ledger::ByteWriter out;
  out.string(report.host)
      .f64(s.qp)
      .f64(s.archive)
      .f64(s.waiting)
      .f64(s.total)
      .f64(s.background)
      .u64(report.blocks)
      .u64(report.memory_before)
      .u64(report.memory);
  return out.blob(encode(report.traffic)).blob(encode(report.expected)).take();
}

RankReport decode(ledger::ByteView bytes) {
  ledger::ByteReader in(bytes, "report of a rank");
  RankReport report;
  report.host = in.string(MPI_MAX_PROCESSOR_NAME);
  auto& s = report.seconds;
  for (double* each : {&s.qp, &s.archive, &s.waiting, &s.total, &s.background}) *each = in.f64();
  report.blocks = in.u64();
  report.memory_before = in.u64();
  report.memory = in.u64();
  report.traffic = decode_traffic(in.blob());
  report.expected = decode_traffic(in.blob());
  in.finish();
  return report;
}

}  // namespace

std::vector<RankReport> share_reports(RankReport own, const Network& network) {
  own.host = host_name();
  own.memory = peak_memory();
  std::vector<RankReport> all;
  for (const auto& letter : network.share({encode(own)})) all.push_back(decode(letter));
  return all;
}

}  // namespace gridtally::cluster
