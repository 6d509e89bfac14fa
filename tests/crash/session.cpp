#include "crash/session.hpp"

#include <stdexcept>
#include <string>

#include "archive/archive_reader.hpp"
#include "archive/archive_writer.hpp"
#include "archive/private_store.hpp"
#include "base/error.hpp"

namespace gridtally::crash {

using archive::ArchiveReader;
using archive::ArchiveWriter;

namespace {
constexpr std::uint32_t private_meter = 1;

archive::PrivateProsumer private_prosumer(const ledger::Genesis& genesis, std::uint32_t u) {
  const auto slots = genesis.terms.slots;
  const std::vector<double> profile(std::size_t{genesis.days} * slots, 1.0 + u);
  archive::PrivateProsumer prosumer;
  prosumer.prosumer = u;
  prosumer.parameters.name = genesis.prosumers[u];
  prosumer.renewable = prosumer.inflexible = profile;
  prosumer.flexible_reference = prosumer.flexible_min = prosumer.flexible_max = profile;
  return prosumer;
}

archive::PrivateSchedule private_schedule(const ledger::Genesis& genesis, std::size_t day) {
  const std::vector<double> series(genesis.terms.slots, 0.5 + static_cast<double>(day));
  archive::PrivateSchedule schedule;
  for (auto* each : {&schedule.grid, &schedule.renewable, &schedule.flexible, &schedule.charge,
                     &schedule.discharge, &schedule.stored, &schedule.reserve, &schedule.net_trade,
                     &schedule.premium, &schedule.battery_price, &schedule.peak_share,
                     &schedule.reserve_share}) {
    *each = series;
  }
  return schedule;
}

archive::PrivateDay private_day(const ledger::Genesis& genesis, std::size_t day) {
  return archive::PrivateDay(genesis.meters[private_meter].count, private_schedule(genesis, day));
}

archive::PrivateExpectation expectation(const ledger::Genesis& genesis) {
  const auto& meter = genesis.meters[private_meter];
  return {ledger::run_id(genesis),
          private_meter,
          meter.first,
          meter.count,
          genesis.days,
          static_cast<std::uint32_t>(genesis.terms.slots),
          static_cast<std::uint32_t>(genesis.prosumers.size()),
          static_cast<std::uint32_t>(genesis.meters.size())};
}

archive::PrivateFile private_file(const ledger::Genesis& genesis) {
  const auto& meter = genesis.meters[private_meter];
  archive::PrivateFile file;
  file.run_id = ledger::run_id(genesis);
  file.meter = private_meter;
  file.salt_key = ledger::Digest{7};
  file.days = genesis.days;
  file.slots = static_cast<std::uint32_t>(genesis.terms.slots);
  for (auto u = meter.first; u < meter.first + meter.count; ++u) {
    file.prosumers.push_back(private_prosumer(genesis, u));
  }
  return file;
}

double commit_time(std::uint64_t height) { return 1.7e9 + static_cast<double>(height); }

class Session {
 public:
  Session(const Script& script, const std::filesystem::path& folder, Start start, Board& board)
      : script_(script),
        private_folder_(folder / "private"),
        board_(board),
        writer_(opened(script, folder / "archive", start)),
        private_files_{private_file(script.chain.genesis)},
        private_(private_folder_, script.chain.genesis, private_files_) {
    archive::make_private_folder(private_folder_);
    take_up_private(start);
    crash_note("resumed");
    evidence_there_ = ArchiveReader(writer_.folder()).evidence().size();
    // An archive that is open has made durable what it found.
    acknowledge_blocks(writer_.height());
    acknowledge_evidence(evidence_there_);
    crash_note("acknowledged");
  }

  void write() {
    for (std::size_t day = 0; day < script_.chain.days.size(); ++day) write_day(day);
    private_.finish();
    writer_.close();
  }

 private:
  static ArchiveWriter opened(const Script& script, const std::filesystem::path& folder,
                              Start start) {
    const auto& chain = script.chain;
    return start == Start::create
               ? ArchiveWriter::create(folder, chain.genesis, chain.validator_keys[0])
               : ArchiveWriter::resume(folder, chain.genesis, chain.validator_keys[0]);
  }

  /// Every sealed day was private first (write_day); later ones are dropped and made again.
  void take_up_private(Start start) {
    if (start == Start::create) return private_.begin();
    const auto sealed = writer_.sealed_days();
    acknowledge_private(sealed);
    if (private_.go_on(sealed).days == sealed) return;
    throw std::logic_error("not all of " + std::to_string(sealed) + " sealed days are private");
  }

  void write_day(std::size_t day) {
    const auto& blocks = script_.chain.days[day];
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (i == 1 && evidence_there_ <= day) append_evidence(day);
      if (blocks[i].block.header.turn.height > writer_.height()) append(blocks[i]);
    }
    if (writer_.sealed_days() > day) return;
    if (day + 1 == script_.chain.days.size()) prepare(day);
    private_.add(static_cast<std::uint32_t>(day), private_day(script_.chain.genesis, day));
    acknowledge_private(day + 1);
    seal(day);
  }

  // Both wait, so that every run makes the same calls in the same order.
  void prepare(std::size_t day) {
    writer_.prepare_day(script_.chain.states[day]);
    writer_.wait();
  }
  void seal(std::size_t day) {
    writer_.seal_day(script_.chain.states[day]);
    writer_.wait();
  }

  void append(const ledger::CommittedBlock& block) {
    const auto height = block.block.header.turn.height;
    try {
      writer_.append(block, commit_time(height));
    } catch (const Error&) {
      refuse_after_failure(block);
      throw;
    }
    acknowledge_blocks(height);
  }

  void refuse_after_failure(const ledger::CommittedBlock& block) {
    try {
      writer_.append(block, commit_time(block.block.header.turn.height));
    } catch (const Error&) {
      return;
    }
    throw std::logic_error("a block was acknowledged after a failure");
  }

  void append_evidence(std::size_t day) {
    writer_.append_evidence(script_.evidence[day]);
    acknowledge_evidence(day + 1);
  }

  void acknowledge_blocks(std::uint64_t count) {
    board_.acknowledged = count;
    crash_note(("block " + std::to_string(count)).c_str());
  }

  void acknowledge_evidence(std::uint64_t count) {
    board_.evidence = count;
    crash_note(("evidence " + std::to_string(count)).c_str());
  }

  void acknowledge_private(std::uint64_t days) {
    board_.private_days = days + 1;
    crash_note(("private " + std::to_string(days)).c_str());
  }

  const Script& script_;
  std::filesystem::path private_folder_;
  Board& board_;
  ArchiveWriter writer_;
  std::vector<archive::PrivateFile> private_files_;
  archive::PrivateStore private_;
  std::size_t evidence_there_ = 0;
};
}  // namespace

Script make_script() {
  archive::testing::ChainSize size;
  size.iterations = 4;
  Script script;
  script.chain = archive::testing::make_chain(size);
  for (const auto& day : script.chain.days) {
    script.blocks += day.size();
    script.evidence.push_back(
        archive::testing::double_vote(script.chain, day.at(0).block.header.turn.height));
  }
  return script;
}

void write_script(const Script& script, const std::filesystem::path& folder, Start start,
                  Board& board) {
  Session(script, folder, start, board).write();
}

Readable read_back(const Script& script, const std::filesystem::path& folder, bool may_be_absent) {
  ArchiveReader reader(folder / "archive");
  const auto blocks = script.chain.blocks();
  Readable readable;
  while (const auto block = reader.next()) {
    if (readable.blocks == blocks.size() || *block != blocks[readable.blocks]) {
      throw Error("block " + std::to_string(readable.blocks + 1) + " read is not the one written");
    }
    ++readable.blocks;
  }
  const bool absent = reader.standing() == archive::Standing::not_auditable;
  if (!reader.faults().empty() && !(may_be_absent && absent)) {
    throw Error("the archive does not read: " + archive::describe(reader.faults().front()));
  }
  for (const auto& piece : reader.evidence()) {
    if (readable.evidence == script.evidence.size() ||
        piece != script.evidence[readable.evidence]) {
      throw Error("evidence read is not what was written");
    }
    ++readable.evidence;
  }
  readable.sealed_days = reader.manifest().segments.size();
  return readable;
}

std::uint64_t read_back_private(const Script& script, const std::filesystem::path& folder) {
  const auto& genesis = script.chain.genesis;
  archive::PrivateFolder files(folder / "private");
  if (!files.file_of(private_meter)) return 0;
  const auto file = files.read(expectation(genesis));
  const auto days = file.prosumers.front().schedules.size();
  for (std::size_t day = 0; day < days; ++day) {
    archive::PrivateDay found;
    for (const auto& prosumer : file.prosumers) found.push_back(prosumer.schedules.at(day));
    if (found == private_day(genesis, day)) continue;
    throw Error("private day " + std::to_string(day + 1) + " read is not the one written");
  }
  return days;
}

}  // namespace gridtally::crash
