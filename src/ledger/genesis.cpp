#include "ledger/genesis.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "ledger/numbers.hpp"
#include "ledger/turn_codec.hpp"

namespace gridtally::ledger {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t most_arcs = std::size_t{1} << 27;
constexpr std::size_t most_slots = 1440;
constexpr std::uint32_t most_memory = 64;
constexpr std::uint32_t most_staleness = 1000;
constexpr std::int64_t most_balance =
    100'000'000'000'000'000;  // micro-cents: a thousand million euro
enum class GraphKind : std::uint8_t { complete = 0, pairs = 1 };

void require(bool good, const std::string& rule, const std::string& found) {
  if (!good) throw InputError("genesis: " + rule + ", not " + found);
}

void require_number(double value, bool good, const std::string& rule) {
  require(is_canonical(value) && good, rule, to_text(value));
}

void check_names(const Genesis& genesis) {
  std::set<std::string_view> names;
  for (const std::string& name : genesis.prosumers) {
    require(!name.empty() && name.size() <= longest_name,
            "a prosumer's name has 1 to " + std::to_string(longest_name) + " bytes",
            std::to_string(name.size()));
    require(names.insert(name).second, "prosumers' names are distinct", "'" + name + "' twice");
  }
}

void check_tariff(const Genesis& genesis) {
  const std::size_t size = genesis.days * genesis.terms.slots;
  for (const auto* prices : {&genesis.grid_price, &genesis.reserve_price}) {
    require(prices->size() == size,
            "a tariff has days x slots = " + std::to_string(size) + " prices",
            std::to_string(prices->size()));
    for (const double price : *prices) require_number(price, true, "a price is a canonical number");
  }
}

void check_terms(const market::Terms& terms) {
  require(terms.slots >= 1 && terms.slots <= most_slots,
          "slots a day are 1 to " + std::to_string(most_slots), std::to_string(terms.slots));
  require_number(terms.rho, terms.rho > 0.0, "rho is positive");
  require(terms.memory <= most_memory,
          "the memory is at most " + std::to_string(most_memory) + " steps",
          std::to_string(terms.memory));
  require_number(terms.epsilon, terms.epsilon > 0.0, "epsilon is positive");
  require_number(terms.gap, terms.gap >= 0.0, "the gap is at least 0");
  require_number(terms.p2p_price, true, "the trading price is a canonical number");
  require(terms.max_iterations >= 1, "max_iterations is at least 1",
          std::to_string(terms.max_iterations));
  require(terms.form == market::Form::pairwise || !terms.graph.has_limits(),
          "trade limits need the pairwise form", "the collapsed one");
  for (std::size_t arc = 0; arc < terms.graph.arcs(); ++arc) {
    const double limit = terms.graph.arc(arc).limit;
    if (!std::isinf(limit)) require_number(limit, limit >= 0.0, "a trade limit is at least 0");
  }
}

void check_meters(const Genesis& genesis) {
  std::set<PublicKey> keys;
  std::size_t next = 0;
  for (std::size_t m = 0; m < genesis.meters.size(); ++m) {
    const Meter& meter = genesis.meters[m];
    require(
        meter.first == next && meter.count >= 1,
        "meter " + std::to_string(m) + " serves at least one prosumer from " + std::to_string(next),
        std::to_string(meter.count) + " from " + std::to_string(meter.first));
    require(keys.insert(meter.key).second, "meters' keys are distinct",
            "that of meter " + std::to_string(m));
    next += meter.count;
  }
  require(next == genesis.prosumers.size(),
          "the meters serve all " + std::to_string(genesis.prosumers.size()) + " prosumers",
          std::to_string(next));
}

void check_sizes(const Genesis& genesis) {
  const std::size_t prosumers = genesis.prosumers.size();
  require(prosumers >= 1, "there is at least one prosumer", "0");
  require(genesis.terms.prosumers() == prosumers,
          "the partner graph has " + std::to_string(prosumers) + " prosumers",
          std::to_string(genesis.terms.prosumers()));
  require(genesis.input_commitments.size() == prosumers,
          "there are " + std::to_string(prosumers) + " input commitments",
          std::to_string(genesis.input_commitments.size()));
  require(genesis.days >= 1, "at least one day is run", "0");
  require_number(genesis.slot_hours, genesis.slot_hours > 0.0, "slot_hours is positive");
  require_number(genesis.peak_price, genesis.peak_price >= 0.0, "the peak price is at least 0");
}

void check_validators(const Genesis& genesis) {
  const std::set<PublicKey> keys(genesis.validators.begin(), genesis.validators.end());
  require(!keys.empty(), "there is at least one validator", "0");
  require(keys.size() == genesis.validators.size(), "validators' keys are distinct", "a key twice");
}

void check_accounts(const Genesis& genesis) {
  const auto& balances = genesis.opening_balances;
  require(balances.size() == genesis.prosumers.size(),
          "there are " + std::to_string(genesis.prosumers.size()) + " accounts",
          std::to_string(balances.size()));
  for (const auto& balance : balances) {
    require(!balance || (*balance >= 0 && *balance <= most_balance),
            "an opening balance is 0 to " + std::to_string(most_balance) + " micro-cents",
            std::to_string(balance.value_or(0)));
  }
}

void check_rules(const Genesis& genesis) {
  require(genesis.staleness <= most_staleness,
          "the staleness is at most " + std::to_string(most_staleness),
          std::to_string(genesis.staleness));
  require(genesis.vote_epoch >= 1, "the epoch of votes is at least 1", "0");
}

void check(const Genesis& genesis) {
  check_sizes(genesis);
  check_names(genesis);
  check_terms(genesis.terms);
  check_tariff(genesis);
  check_meters(genesis);
  check_validators(genesis);
  check_accounts(genesis);
  check_rules(genesis);
}

std::uint32_t size32(std::size_t size) { return static_cast<std::uint32_t>(size); }

void write_graph(const market::PartnerGraph& graph, ByteWriter& writer) {
  if (graph.is_complete() && !graph.has_limits()) {
    writer.u8(static_cast<std::uint8_t>(GraphKind::complete));
    return;
  }
  writer.u8(static_cast<std::uint8_t>(GraphKind::pairs)).u32(size32(graph.pairs()));
  for (std::size_t i = 0; i < graph.arcs(); ++i) {
    const market::Arc& arc = graph.arc(i);
    if (arc.from < arc.to) writer.u32(arc.from).u32(arc.to).f64(arc.limit);
  }
}

market::PartnerGraph read_graph(std::size_t prosumers, ByteReader& reader) {
  const auto kind = static_cast<GraphKind>(reader.u8());
  if (kind == GraphKind::complete) {
    if (prosumers > 0 && prosumers - 1 > most_arcs / prosumers) {
      reader.fail(std::to_string(prosumers) + " prosumers are too many for a complete graph");
    }
    return market::PartnerGraph::complete(prosumers);
  }
  if (kind != GraphKind::pairs) reader.fail("the partner graph is of kind 0 or 1");
  std::vector<market::Arc> pairs(reader.count(16));
  for (market::Arc& pair : pairs) {
    pair.from = reader.u32();
    pair.to = reader.u32();
    pair.limit = reader.f64();
  }
  return market::PartnerGraph::from_pairs(prosumers, pairs);
}

void write_terms(const market::Terms& terms, ByteWriter& writer) {
  writer.u8(static_cast<std::uint8_t>(terms.form)).u32(size32(terms.slots));
  writer.f64(terms.rho)
      .u32(terms.memory)
      .f64(terms.epsilon)
      .f64(terms.gap)
      .u32(static_cast<std::uint32_t>(terms.max_iterations));
  writer.f64(terms.p2p_price);
  write_graph(terms.graph, writer);
}

market::Terms read_terms(std::size_t prosumers, ByteReader& reader) {
  market::Terms terms;
  const std::uint8_t form = reader.u8();
  if (form > 1) reader.fail("the contract's form is 0 or 1");
  terms.form = static_cast<market::Form>(form);
  terms.slots = reader.u32();
  terms.rho = reader.f64();
  terms.memory = reader.u32();
  terms.epsilon = reader.f64();
  terms.gap = reader.f64();
  const std::uint32_t max_iterations = reader.u32();
  if (max_iterations > INT32_MAX) reader.fail("max_iterations is too large");
  terms.max_iterations = static_cast<int>(max_iterations);
  terms.p2p_price = reader.f64();
  terms.graph = read_graph(prosumers, reader);
  return terms;
}

Genesis read(ByteReader& reader) {
  Genesis genesis;
  for (const char letter : std::string_view("gridtally-genesis")) {
    if (reader.u8() != static_cast<std::uint8_t>(letter)) reader.fail("not a genesis");
  }
  read_version(reader, Genesis::version);
  genesis.prosumers.resize(reader.count(4));
  for (std::string& name : genesis.prosumers) name = reader.string(longest_name);
  genesis.days = reader.u32();
  genesis.slot_hours = reader.f64();
  genesis.peak_price = reader.f64();
  genesis.terms = read_terms(genesis.prosumers.size(), reader);
  const std::size_t prices = reader.count(16);
  genesis.grid_price = reader.f64s(prices);
  genesis.reserve_price = reader.f64s(prices);
  genesis.input_commitments.resize(reader.count(32));
  for (Digest& digest : genesis.input_commitments) digest = reader.array<32>();
  genesis.meters.resize(reader.count(40));
  for (Meter& meter : genesis.meters) {
    meter.key.bytes = reader.array<32>();
    meter.first = reader.u32();
    meter.count = reader.u32();
  }
  genesis.validators.resize(reader.count(32));
  for (PublicKey& key : genesis.validators) key.bytes = reader.array<32>();
  genesis.staleness = reader.u32();
  genesis.vote_epoch = reader.u64();
  genesis.opening_balances.resize(reader.count(1));
  for (auto& balance : genesis.opening_balances) {
    if (reader.boolean()) balance = reader.i64();
  }
  reader.finish();
  return genesis;
}

}  // namespace

Bytes encode(const Genesis& genesis) {
  check(genesis);
  ByteWriter writer;
  writer.tag("gridtally-genesis").u16(Genesis::version).u32(size32(genesis.prosumers.size()));
  for (const std::string& name : genesis.prosumers) writer.string(name);
  writer.u32(genesis.days).f64(genesis.slot_hours).f64(genesis.peak_price);
  write_terms(genesis.terms, writer);
  writer.u32(size32(genesis.grid_price.size()));
  writer.f64s(genesis.grid_price).f64s(genesis.reserve_price);
  writer.u32(size32(genesis.input_commitments.size()));
  for (const Digest& digest : genesis.input_commitments) writer.raw(digest);
  writer.u32(size32(genesis.meters.size()));
  for (const Meter& meter : genesis.meters) {
    writer.raw(meter.key.bytes).u32(meter.first).u32(meter.count);
  }
  writer.u32(size32(genesis.validators.size()));
  for (const PublicKey& key : genesis.validators) writer.raw(key.bytes);
  writer.u32(genesis.staleness).u64(genesis.vote_epoch);
  writer.u32(size32(genesis.opening_balances.size()));
  for (const auto& balance : genesis.opening_balances) {
    writer.u8(balance ? 1 : 0);
    if (balance) writer.i64(*balance);
  }
  return writer.take();
}

Genesis decode_genesis(ByteView bytes) {
  ByteReader reader(bytes, "genesis");
  Genesis genesis;
  Bytes again;
  try {
    genesis = read(reader);
    again = encode(genesis);
  } catch (const InputError& error) {
    throw FormatError(error.what());
  }
  if (!std::equal(bytes.begin(), bytes.end(), again.begin(), again.end())) {
    throw FormatError("genesis: not in its canonical encoding");
  }
  return genesis;
}

std::uint32_t meter_of(const Genesis& genesis, std::uint32_t prosumer) {
  const auto after =
      std::upper_bound(genesis.meters.begin(), genesis.meters.end(), prosumer,
                       [](std::uint32_t u, const Meter& meter) { return u < meter.first; });
  return static_cast<std::uint32_t>(after - genesis.meters.begin()) - 1;
}

Digest run_id(const Genesis& genesis) { return sha256(encode(genesis)); }

std::vector<MeterRange> meter_ranges(std::uint32_t prosumers, std::uint32_t meters) {
  if (meters < 1 || meters > prosumers) {
    throw InputError("meters must be 1 to " + std::to_string(prosumers) +
                     " (one a prosumer), not " + std::to_string(meters));
  }
  std::vector<MeterRange> ranges(meters);
  std::uint32_t next = 0;
  for (std::uint32_t m = 0; m < meters; ++m) {
    ranges[m] = {next, prosumers / meters + (m < prosumers % meters ? 1U : 0U)};
    next += ranges[m].count;
  }
  return ranges;
}

}  // namespace gridtally::ledger
