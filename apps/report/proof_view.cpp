#include "report/proof_view.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "archive/archive_files.hpp"
#include "archive/manifest.hpp"
#include "archive/output_folder.hpp"
#include "archive/pack.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "report/day_table.hpp"

namespace gridtally::report {

namespace {

using Question = ledger::Proof::Question;

constexpr std::uintmax_t most_proof_bytes = std::uintmax_t{1} << 28;
constexpr std::uintmax_t most_head_bytes = std::uintmax_t{16} << 20;

double cents(std::int64_t micro) { return static_cast<double>(micro) / 1e6; }

ledger::Proof prove_day(const RunView& run, const ProofRequest& request) {
  require_day(run, *request.day);
  const auto& state = run.states[*request.day];
  if (!state.settled) {
    throw InputError("--day " + std::to_string(*request.day) +
                     " did not settle: it has no bill to prove; --block H proves an iterate");
  }
  const auto question = request.partner ? Question::trade : Question::day;
  return ledger::make_proof(
      {run.genesis, run.headers[*request.day], state, run.hashes, *run.last, run.states.back()},
      request.prosumer, question, request.partner.value_or(0));
}

ledger::Proof prove_block(const RunView& run, const ProofRequest& request) {
  const auto& block = *run.block;
  if (!block.knows_iterate) {
    throw InputError(
        "--block " + std::to_string(block.after.turn.height) +
        ": its decisions were left out of the archive, so there is no iterate to prove; "
        "that of the last iteration of day " +
        std::to_string(block.after.turn.day) + " can be proven");
  }
  return ledger::make_proof({run.genesis, block.committed.block.header, block.after, run.hashes,
                             *run.last, run.states.back()},
                            request.prosumer, Question::iterate);
}

std::optional<ledger::Digest> digest_of(std::string_view text) {
  const auto bytes = from_hex(text);
  ledger::Digest digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::string first_word(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_first_of(" \t\r\n", from) - from);
}

std::string signers_text(const ledger::Proof& proof) {
  std::string text;
  for (const auto& entry : proof.certificate.precommits) {
    text += (text.empty() ? "" : ", ") + std::to_string(entry.validator);
  }
  return text;
}

/// The numbers of one row among rows of T.
std::span<const double> row(const std::vector<double>& numbers, std::size_t index,
                            std::size_t slots) {
  return std::span(numbers).subspan(index * slots, slots);
}

std::span<const double> trade_with(const ledger::ProsumerLeaf& leaf, std::uint32_t partner) {
  const auto at = std::find(leaf.partners.begin(), leaf.partners.end(), partner);
  return row(leaf.trades, static_cast<std::size_t>(at - leaf.partners.begin()), leaf.slots);
}

std::string column_text(const char* title, std::span<const double> numbers) {
  std::string text = padded("slot", 8) + padded(title, 26) + '\n';
  for (std::size_t t = 0; t < numbers.size(); ++t) {
    text += padded(std::to_string(t), 8) + padded(to_text(numbers[t]), 26) + '\n';
  }
  return text;
}

std::string day_text(const ledger::ProsumerLeaf& leaf) {
  std::string text = "  bill " + to_fixed(cents(leaf.bill), 6) + " ct" +
                     (leaf.bill < 0 ? " (is paid)" : "") + ", balance after it " +
                     to_fixed(cents(leaf.balance), 6) + " ct\n";
  if (leaf.answer.unfunded) text += "  could not have paid: its trades were cancelled\n";
  text += "  cost " + to_fixed(leaf.answer.cost, 4) + " ct, without trading " +
          to_fixed(leaf.answer.cost_alone, 4) + " ct\n";
  return text + column_text("net trade [kWh]", leaf.net_trades);
}

std::string trade_text(const ledger::ProsumerLeaf& leaf, std::uint32_t partner) {
  double bought = 0.0;
  double sold = 0.0;
  for (const double energy : trade_with(leaf, partner)) {
    (energy > 0.0 ? bought : sold) += std::abs(energy);
  }
  return "  with prosumer " + std::to_string(partner) + ": bought " + to_fixed(bought, 4) +
         " kWh, sold " + to_fixed(sold, 4) + " kWh\n" +
         column_text("bought [kWh]", trade_with(leaf, partner));
}

std::string iterate_text(const ledger::ProsumerLeaf& leaf) {
  if (leaf.form == market::Form::collapsed) {
    return column_text("tau [kWh]", leaf.first) + column_text("Theta [kWh]", leaf.second);
  }
  std::string text;
  for (std::size_t i = 0; i < leaf.partners.size(); ++i) {
    text += "  with prosumer " + std::to_string(leaf.partners[i]) + '\n' +
            column_text("lambda [cents/kWh]", row(leaf.first, i, leaf.slots)) +
            column_text("p' [kWh]", row(leaf.second, i, leaf.slots));
  }
  return text;
}

std::string answer_text(const ledger::Proof& proof) {
  const auto leaf = ledger::read_prosumer_leaf(proof.state.leaf);
  const auto& turn = proof.header.turn;
  std::string text =
      "prosumer " + std::to_string(leaf.prosumer) + ", day " + std::to_string(turn.day);
  if (proof.question == Question::day) return text + '\n' + day_text(leaf);
  if (proof.question == Question::trade) return text + '\n' + trade_text(leaf, proof.partner);
  return text + ", iteration " + std::to_string(turn.iteration) + '\n' + iterate_text(leaf);
}

void add_answer(Json& json, const ledger::Proof& proof) {
  const auto leaf = ledger::read_prosumer_leaf(proof.state.leaf);
  json.member("prosumer", leaf.prosumer).member("day", proof.header.turn.day);
  if (proof.question == Question::day) {
    json.member("bill", cents(leaf.bill)).member("balance", cents(leaf.balance));
    json.member("unfunded", leaf.answer.unfunded);
    json.member("net_trade", std::span<const double>(leaf.net_trades));
  } else if (proof.question == Question::trade) {
    json.member("partner", proof.partner).member("trade", trade_with(leaf, proof.partner));
  } else {
    json.member("iteration", proof.header.turn.iteration);
    json.member("first", std::span<const double>(leaf.first));
    json.member("second", std::span<const double>(leaf.second));
  }
}

}  // namespace

ledger::Proof prove(const RunView& run, const ProofRequest& request) {
  if (request.day.has_value() == request.block.has_value()) {
    throw InputError(
        "--proof proves one thing: give --day D (a bill), --day D with --partner Q (a "
        "trade) or --block H (an iterate)");
  }
  if (request.partner && !request.day) {
    throw InputError("--partner names whose trade of a day is proven: give --day D too");
  }
  if (!run.warning.empty()) {
    throw InputError("--proof: the archive is damaged, nothing of it is proven: " + run.warning);
  }
  return request.day ? prove_day(run, request) : prove_block(run, request);
}

std::size_t write_proof(const std::filesystem::path& path, const ledger::Proof& proof) {
  if (std::filesystem::exists(path)) {
    throw InputError("--proof " + path.string() + " exists already; choose another file");
  }
  const auto bytes = ledger::encode(proof);
  write_file_durably(path, bytes);
  return bytes.size();
}

ledger::Proof read_proof(const std::filesystem::path& path) {
  try {
    return ledger::decode_proof(read_file(path, most_proof_bytes));
  } catch (const Error& error) {
    throw FormatError(path.string() + ": " + error.what());
  }
}

ledger::Digest read_head(const std::string& given) {
  if (const auto digest = digest_of(given)) return *digest;
  std::error_code none;
  try {
    if (std::filesystem::is_directory(given, none) || archive::looks_packed(given)) {
      const auto text = archive::ArchiveFiles(given).open(archive::manifest_name);
      const auto bytes = text.read_all(most_head_bytes);
      return archive::parse_manifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()})
          .head;
    }
    if (std::filesystem::exists(given, none)) {
      if (const auto digest = digest_of(first_word(read_text(given, most_head_bytes)))) {
        return *digest;
      }
    }
  } catch (const Error& error) {
    throw InputError("--head " + given + ": " + error.what());
  }
  throw InputError("--head " + given +
                   ": give the 64 hexadecimal digits of a block's hash, a file that begins with "
                   "them, or an archive");
}

std::string proof_text(const ledger::Proof& proof, const std::optional<std::string>& failure) {
  if (failure) return "verdict: not proven\nfailed:  " + *failure + '\n';
  const auto& head = proof.head;
  const auto& header = proof.header;
  std::string text = "verdict: proven\n";
  text += "head:    height " + std::to_string(head.turn.height) + ", " +
          ledger::to_hex(ledger::block_hash(head)) + ", signed by validators " +
          signers_text(proof) + '\n';
  text += "block:   height " + std::to_string(header.turn.height) + ", " +
          ledger::to_hex(ledger::block_hash(header)) + '\n';
  text += "run:     " + ledger::to_hex(header.run_id) + "\n\n";
  return text + answer_text(proof);
}

std::string proof_json(const ledger::Proof& proof, const std::optional<std::string>& failure) {
  Json json;
  json.begin_object().member("proven", !failure);
  if (failure) return json.member("failed", *failure).end_object().text();
  json.member("head", ledger::to_hex(ledger::block_hash(proof.head)));
  json.member("run", ledger::to_hex(proof.header.run_id));
  json.member("height", proof.header.turn.height);
  add_answer(json, proof);
  return json.end_object().text();
}

}  // namespace gridtally::report
