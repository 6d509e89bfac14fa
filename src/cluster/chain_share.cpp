#include "cluster/chain_share.hpp"

#include <memory>
#include <optional>
#include <string>

#include "archive/archive_reader.hpp"
#include "base/error.hpp"
#include "cluster/run_files.hpp"
#include "ledger/messages.hpp"

namespace gridtally::cluster {

namespace {

std::string text_of(const std::filesystem::path& archive, const archive::ArchiveFault& fault) {
  return "'" + archive.string() + "' is damaged: " + describe(fault) +
         ". The run cannot go on from there: restore the file from a copy, or begin anew";
}

Letters next_batch(archive::ArchiveReader& reader, const std::filesystem::path& archive,
                   std::size_t size) {
  Letters batch;
  std::size_t bytes = 0;
  while (bytes < size) {
    auto block = reader.next();
    if (!reader.faults().empty()) {
      throw Error(text_of(archive, reader.faults().front()), ExitStatus::unsound);
    }
    if (!block) break;
    batch.push_back(
        encode(ledger::Message(std::make_shared<const ledger::CommittedBlock>(std::move(*block)))));
    bytes += batch.back().size();
  }
  return batch;
}

}  // namespace

void share_chain(const Network& network, const std::filesystem::path& archive,
                 const std::function<void(const ledger::CommittedBlock&)>& take, std::size_t size) {
  std::optional<archive::ArchiveReader> reader;
  while (true) {
    Letters own;
    run_together([&] {
      if (network.rank() != archivist) return;
      if (!reader) reader.emplace(archive);
      own = next_batch(*reader, archive, size);
    });
    const auto batch = network.share(own);
    if (batch.empty()) return;
    run_together([&] {
      for (const auto& letter : batch) {
        take(*std::get<ledger::Committed>(ledger::decode_message(letter)));
      }
    });
  }
}

}  // namespace gridtally::cluster
