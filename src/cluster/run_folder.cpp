#include "cluster/run_folder.hpp"

#include <algorithm>
#include <iostream>
#include <system_error>

#include "archive/output_folder.hpp"
#include "base/file.hpp"
#include "cluster/network.hpp"
#include "cluster/run_files.hpp"

namespace gridtally::cluster {

namespace {

constexpr const char* first_line = "# What gridtally-solve --resume goes on with\n";

// An earlier run's key of that name on a host of its own is of no use to anyone.
void keep_key(const std::filesystem::path& folder, ledger::Role role, std::uint32_t index,
              const ledger::SecretKey& key) {
  std::filesystem::remove(folder / (ledger::key_name(role, index) + ".key"));
  ledger::write_key(folder, role, index, key);
}

}  // namespace

std::filesystem::path run_folder_of(const std::filesystem::path& archive) {
  auto folder = archive.has_filename() ? archive : archive.parent_path();
  folder += ".run";
  return folder;
}

RunFolder::RunFolder(const std::filesystem::path& archive) : path_(run_folder_of(archive)) {}

void RunFolder::begin(const Secrets& secrets, const Layout& layout, int rank,
                      const std::string& settings, bool throw_away) {
  run_together([&] {
    if (rank != archivist) return;
    ledger::make_key_folder(path_);
    lock_.emplace(path_ / archive::lock_name);
    forget();
  });
  run_together([&] {
    ledger::make_key_folder(path_);
    if (rank != archivist) forget_votes();
  });
  run_together([&] {
    if (throw_away) keep_keys(secrets, layout, rank);
  });
  run_together([&] {
    if (rank != archivist) return;
    sync_folder(path_.parent_path());  // the folder itself
    write_file_durably(this->settings(), first_line + settings, 0600);
  });
}

void RunFolder::reopen(int rank) {
  run_together([&] {
    if (rank == archivist) lock_.emplace(path_ / archive::lock_name);
  });
}

// The settings go first: without them there is nothing to go on with.
void RunFolder::forget() const {
  std::filesystem::remove(settings());
  sync_folder(path_);
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().filename() != archive::lock_name) std::filesystem::remove_all(entry.path());
  }
}

// On hosts with a folder of their own, the archivist has not seen these. A validator whom such a
// record binds would wait for a chain that is no more.
void RunFolder::forget_votes() const {
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    std::error_code gone;  // another rank of this host was faster
    if (entry.path().extension() == ".record") std::filesystem::remove(entry.path(), gone);
  }
}

void RunFolder::keep_keys(const Secrets& secrets, const Layout& layout, int rank) const {
  auto validator = layout.validators_of(rank).first;
  for (const auto& key : secrets.validator_keys) {
    keep_key(keys(), ledger::Role::validator, validator++, key);
  }
  auto meter = layout.meters_of(rank).first;
  for (const auto& key : secrets.meter_keys) {
    keep_key(keys(), ledger::Role::meter, meter++, key);
  }
}

// Hosts may share the folder or have one each.
void RunFolder::remove(int rank) {
  const auto remove_own = [&] {
    std::error_code error;
    for (int tries = 0; tries < 3; ++tries) {  // a call may be interrupted
      std::filesystem::remove(settings(), error);
      std::filesystem::remove_all(path_, error);
      std::error_code unknown;
      if (!std::filesystem::exists(path_, unknown)) return;
    }
    std::cerr << "gridtally-solve: '" << path_.string()
              << "' could not be removed: " << error.message()
              << ". The run has ended and needs it no more, but it may hold "
              << "keys: remove it\n";
  };
  run_together([&] {
    if (rank == archivist) remove_own();
  });
  run_together([&] {
    if (rank != archivist) remove_own();
  });
  lock_.reset();
}

VoteRecords begin_vote_records(const std::filesystem::path& folder, const Network& network,
                               Layout::Range own) {
  EarlierVotes here;
  run_together([&] { here = read_earlier_votes(folder); });
  Letters letters;
  for (const auto& [validator, vote] : here) {
    ledger::ByteWriter out;
    letters.push_back(out.u32(validator).u32(vote.life).raw(vote.record).take());
  }
  EarlierVotes all;
  for (const auto& letter : network.share(letters)) {
    ledger::ByteReader in(letter, "vote record of an earlier life");
    const auto validator = in.u32();
    const auto life = in.u32();
    const auto record = in.raw(in.remaining());
    merge(all, validator, {life, {record.begin(), record.end()}});
  }
  std::uint32_t life = 1;
  VoteRecords::Records known;
  for (const auto& [validator, vote] : all) {
    life = std::max(life, vote.life + 1);
    if (validator >= own.first && validator < own.first + own.count) {
      known[validator] = vote.record;
    }
  }
  std::optional<VoteRecords> records;
  run_together([&] { records.emplace(folder / vote_records_name(life, network.rank()), known); });
  run_together([&] { remove_earlier_votes(folder, life); });
  return std::move(*records);
}

}  // namespace gridtally::cluster
