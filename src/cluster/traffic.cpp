#include "cluster/traffic.hpp"

#include <numeric>

#include "cluster/letter.hpp"

namespace gridtally::cluster {

namespace {

Flow sum(const std::array<Flow, letter_kinds>& flows) {
  return std::accumulate(flows.begin(), flows.end(), Flow{},
                         [](Flow all, const Flow& each) { return all += each; });
}

}  // namespace

std::string_view name(LetterKind kind) {
  constexpr std::array<std::string_view, letter_kinds> names{
      "transaction", "proposal", "vote", "block", "acknowledgement", "other"};
  return names[static_cast<std::size_t>(kind)];
}

LetterKind kind_of(ledger::ByteView letter) {
  if (letter.empty()) return LetterKind::other;
  switch (static_cast<Subject>(letter[0])) {
    case Subject::transaction:
      return LetterKind::transaction;
    case Subject::acknowledgement:
      return LetterKind::acknowledgement;
    case Subject::consensus:
      break;
    default:
      return LetterKind::other;
  }
  switch (ledger::kind_of(letter.subspan(1)).value_or(ledger::MessageKind::request)) {
    case ledger::MessageKind::proposal:
      return LetterKind::proposal;
    case ledger::MessageKind::vote:
      return LetterKind::vote;
    case ledger::MessageKind::committed:
      return LetterKind::block;
    default:
      return LetterKind::other;
  }
}

Flow& Flow::operator+=(const Flow& more) {
  letters += more.letters;
  bytes += more.bytes;
  return *this;
}

Flow Traffic::all_sent() const { return sum(sent); }
Flow Traffic::all_received() const { return sum(received); }

ledger::Bytes encode(const Traffic& traffic) {
  ledger::ByteWriter out;
  for (const auto& flow : traffic.sent) out.u64(flow.letters).u64(flow.bytes);
  for (const auto& flow : traffic.received) out.u64(flow.letters).u64(flow.bytes);
  return out.take();
}

Traffic decode_traffic(ledger::ByteView bytes) {
  ledger::ByteReader in(bytes, "traffic of a rank");
  const auto read = [&](Flow& flow) {
    flow.letters = in.u64();
    flow.bytes = in.u64();
  };
  Traffic traffic;
  for (auto& flow : traffic.sent) read(flow);
  for (auto& flow : traffic.received) read(flow);
  in.finish();
  return traffic;
}

}  // namespace gridtally::cluster
