#include "solve/traffic_table.hpp"

#include "base/file.hpp"

namespace gridtally::solve {

namespace {

using cluster::Flow;
using cluster::LetterKind;

std::string cells(const Flow& flow) {
  return "," + std::to_string(flow.letters) + "," + std::to_string(flow.bytes);
}

std::string row(const std::string& start, const std::string& kind, const Flow& sent,
                const Flow& received, const Flow& expected_sent, const Flow& expected_received) {
  return start + "," + kind + cells(sent) + cells(received) + cells(expected_sent) +
         cells(expected_received) + "\n";
}

}  // namespace

std::string traffic_table(const cluster::Layout& layout,
                          const std::vector<cluster::RankReport>& ranks) {
  std::string text =
      "rank,host,validators,meters,blocks,kind,letters_sent,bytes_sent,letters_received,bytes_"
      "received,"
      "letters_sent_expected,bytes_sent_expected,letters_received_expected,"
      "bytes_received_expected\n";
  for (int rank = 0; rank < layout.ranks(); ++rank) {
    const auto& report = ranks[static_cast<std::size_t>(rank)];
    const std::string start = std::to_string(rank) + "," + report.host + "," +
                              std::to_string(layout.validators_of(rank).count) + "," +
                              std::to_string(layout.meters_of(rank).count) + "," +
                              std::to_string(report.blocks);
    const auto& is = report.traffic;
    const auto& should = report.expected;
    for (std::size_t kind = 0; kind < cluster::letter_kinds; ++kind) {
      text += row(start, std::string(cluster::name(static_cast<LetterKind>(kind))), is.sent[kind],
                  is.received[kind], should.sent[kind], should.received[kind]);
    }
    text += row(start, "all", is.all_sent(), is.all_received(), should.all_sent(),
                should.all_received());
  }
  return text;
}

void write_traffic(const std::filesystem::path& file, const cluster::Layout& layout,
                   const std::vector<cluster::RankReport>& ranks) {
  write_file_durably(file, traffic_table(layout, ranks));
}

}  // namespace gridtally::solve
