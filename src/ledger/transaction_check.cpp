#include "base/text.hpp"
#include "ledger/transaction.hpp"

namespace gridtally::ledger {
namespace {

/// Gathers the place of a fault while the parts of a transaction are checked in turn.
class Check {
 public:
  Check(const Genesis& genesis, const Digest& run_id, const Turn& turn, const Transaction& content)
      : genesis_(genesis), run_id_(run_id), turn_(turn), content_(content) {
    place_.height = turn.height;
    place_.day = turn.day;
    place_.meter = content.meter;
  }

  std::optional<Fault> envelope() {
    if (content_.meter >= genesis_.meters.size()) {
      return fault("meter", "below " + std::to_string(genesis_.meters.size()),
                   std::to_string(content_.meter));
    }
    if (content_.run_id != run_id_) {
      return fault("run id", to_hex(run_id_), to_hex(content_.run_id));
    }
    if (content_.turn.phase != turn_.phase) {
      return fault("phase", std::string(name(turn_.phase)), std::string(name(content_.turn.phase)));
    }
    if (auto bad = compare("day", turn_.day, content_.turn.day)) return bad;
    if (auto bad = moment()) return bad;
    return compare("nonce", content_.turn.height - 1, content_.nonce);
  }

  std::optional<Fault> rows() {
    const bool trading = turn_.phase == Phase::trading;
    if (auto bad = compare("rows of the other phase", 0,
                           trading ? content_.acceptances.size() : content_.decisions.size())) {
      return bad;
    }
    return trading ? each_row(content_.decisions) : each_row(content_.acceptances);
  }

  std::optional<Fault> fault(std::string what, std::string expected, std::string found) const {
    Fault out = place_;
    out.what = std::move(what);
    out.expected = std::move(expected);
    out.found = std::move(found);
    return out;
  }

 private:
  std::optional<Fault> compare(const char* what, std::uint64_t expected,
                               std::uint64_t found) const {
    if (expected == found) return std::nullopt;
    return fault(what, std::to_string(expected), std::to_string(found));
  }

  /// Of this block or, in trading, of an earlier one that is not too old.
  std::optional<Fault> moment() const {
    const Turn& own = content_.turn;
    const std::uint32_t k = turn_.iteration;
    const std::uint32_t oldest = k > genesis_.staleness ? k - genesis_.staleness : 1;
    const bool late = turn_.phase == Phase::trading && own.iteration < k;
    if (!late || own.iteration < oldest) {
      if (auto bad = compare("height", turn_.height, own.height)) return bad;
      return compare("iteration", k, own.iteration);
    }
    if (own.height >= 1 && own.height < turn_.height) return std::nullopt;
    return fault("height of a late decision", "1 to " + std::to_string(turn_.height - 1),
                 std::to_string(own.height));
  }

  template <typename Row>
  std::optional<Fault> each_row(const std::vector<Row>& rows) {
    const Meter& meter = genesis_.meters[content_.meter];
    if (auto bad = compare("rows", meter.count, rows.size())) return bad;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      place_.prosumer = static_cast<std::uint32_t>(meter.first + i);
      if (auto bad = compare("row's prosumer", *place_.prosumer, rows[i].prosumer)) return bad;
      if (auto bad = row(rows[i])) return bad;
    }
    return std::nullopt;
  }

  std::optional<Fault> row(const Decision& row) {
    const std::size_t size = genesis_.terms.decision_size(row.prosumer);
    if (auto bad = compare("decision's length", size, row.numbers.size())) return bad;
    return numbers("decision", row.numbers);
  }

  std::optional<Fault> row(const Acceptance& row) {
    if (auto bad = compare("change's length", genesis_.terms.slots, row.change.size())) return bad;
    if (auto bad = numbers("change", row.change)) return bad;
    for (std::size_t t = 0; row.accepted && t < row.change.size(); ++t) {
      if (row.change[t] == 0.0) continue;
      place_.slot = static_cast<std::uint32_t>(t);
      return fault("change of one who accepts", "0", to_text(row.change[t]));
    }
    if (auto bad = number("cost", row.cost)) return bad;
    if (auto bad = number("cost alone", row.cost_alone)) return bad;
    return number("bound", row.bound);
  }

  std::optional<Fault> numbers(const char* what, std::span<const double> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      place_.slot = static_cast<std::uint32_t>(i % genesis_.terms.slots);
      if (auto bad = number(what, values[i])) return bad;
    }
    place_.slot.reset();
    return std::nullopt;
  }

  std::optional<Fault> number(const char* what, double value) const {
    if (is_canonical(value)) return std::nullopt;
    return fault(what, "a finite number, normal or +0", to_text(value));
  }

  const Genesis& genesis_;
  const Digest& run_id_;
  const Turn& turn_;
  const Transaction& content_;
  Fault place_;
};

}  // namespace

std::optional<Fault> check_transaction(const Genesis& genesis, const Digest& run_id,
                                       const Turn& turn, const SignedTransaction& transaction,
                                       Verifier& verifier) {
  const Transaction& content = transaction.content();
  Check check(genesis, run_id, turn, content);
  if (auto bad = check.envelope()) return bad;
  const PublicKey& key = genesis.meters[content.meter].key;
  if (!verifier.verify(key, transaction.signed_bytes(), transaction.signature())) {
    return check.fault("meter signature", "a good one of the meter's key", "a bad one");
  }
  return transaction.has_rows() ? check.rows() : std::nullopt;
}

}  // namespace gridtally::ledger
