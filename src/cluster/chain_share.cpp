#include "cluster/chain_share.hpp"

#include <memory>
#include <optional>
#include <string>

#include "archive/archive_reader.hpp"
#include "base/error.hpp"
#include "cluster/run_files.hpp"
#include "ledger/messages.hpp"
#include "ledger/thinned_codec.hpp"

namespace gridtally::cluster {

namespace {

std::string text_of(const std::filesystem::path& archive, const archive::ArchiveFault& fault) {
  return "'" + archive.string() + "' is damaged: " + describe(fault) +
         ". The run cannot go on from there: restore the file from a copy, or begin anew";
}

/// What a letter holds: its first byte.
enum class Kind : std::uint8_t {
  whole_block = 0,
  thinned_block = 1,
  thinned_day = 2,  ///< of the blocks that follow
  whole_day = 3
};

ledger::Bytes letter(Kind kind, ledger::ByteView bytes) {
  ledger::ByteWriter writer;
  return writer.u8(static_cast<std::uint8_t>(kind)).raw(bytes).take();
}

ledger::Bytes letter_of(ledger::CommittedBlock block) {
  if (ledger::lacks_decisions(block.block)) {
    return letter(Kind::thinned_block, ledger::encode_thinned(block.block));
  }
  return letter(
      Kind::whole_block,
      encode(ledger::Message(std::make_shared<const ledger::CommittedBlock>(std::move(block)))));
}

/// Reads letters back, and gives the blocks on.
class Receiver {
 public:
  explicit Receiver(const TakeBlock& take) : take_(take) {}

  void read(const ledger::Bytes& bytes) {
    const auto body = ledger::ByteView(bytes).subspan(1);
    switch (static_cast<Kind>(bytes.front())) {
      case Kind::whole_block:
        return take_(*std::get<ledger::Committed>(ledger::decode_message(body)), day());
      case Kind::thinned_block:
        return take_({ledger::decode_thinned_block(body), {}}, day());
      case Kind::thinned_day:
        day_ = ledger::decode_thinned_day(body);
        return;
      case Kind::whole_day:
        day_.reset();
    }
  }

 private:
  [[nodiscard]] const ledger::ThinnedDay* day() const { return day_ ? &*day_ : nullptr; }

  const TakeBlock& take_;
  std::optional<ledger::ThinnedDay> day_;
};

using Day = std::shared_ptr<const ledger::ThinnedDay>;

Letters next_batch(archive::ArchiveReader& reader, const std::filesystem::path& archive,
                   std::size_t size, Day& day) {
  Letters batch;
  std::size_t bytes = 0;
  while (bytes < size) {
    auto block = reader.next();
    if (!reader.faults().empty()) {
      throw Error(text_of(archive, reader.faults().front()), ExitStatus::unsound);
    }
    if (!block) break;
    if (reader.thinned() != day) {
      day = reader.thinned();
      batch.push_back(day ? letter(Kind::thinned_day, encode(*day)) : letter(Kind::whole_day, {}));
    }
    batch.push_back(letter_of(std::move(*block)));
    bytes += batch.back().size();
  }
  return batch;
}

}  // namespace

void share_chain(const Network& network, const std::filesystem::path& archive,
                 const TakeBlock& take, std::size_t size) {
  std::optional<archive::ArchiveReader> reader;
  Day day;
  Receiver receiver(take);
  while (true) {
    Letters own;
    run_together([&] {
      if (network.rank() != archivist) return;
      if (!reader) reader.emplace(archive);
      own = next_batch(*reader, archive, size, day);
    });
    const auto batch = network.share(own);
    if (batch.empty()) return;
    run_together([&] {
      for (const auto& each : batch) receiver.read(each);
    });
  }
}

}  // namespace gridtally::cluster
