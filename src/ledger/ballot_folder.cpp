#include "ledger/ballot_folder.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

namespace gridtally::ledger {

namespace {
using namespace std::chrono_literals;
constexpr auto look_every = 200ms;
constexpr std::uintmax_t largest_ballot = 1024;  // bytes
}  // namespace

std::vector<Ballot> BallotFolder::take_new(std::chrono::steady_clock::time_point now) {
  std::vector<Ballot> out;
  if (now < next_look_) return out;
  next_look_ = now + look_every;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, absent)) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".ballot") || !seen_.insert(name).second) continue;
    try {
      out.push_back(decode_ballot(read_file(entry.path(), largest_ballot)));
    } catch (const Error&) {
      continue;
    }
  }
  return out;
}

std::filesystem::path ballot_folder_of(const std::filesystem::path& archive) {
  auto folder = archive.has_filename() ? archive : archive.parent_path();
  folder += ".ballots";
  return folder;
}

std::filesystem::path leave_ballot(const std::filesystem::path& folder, const Ballot& ballot) {
  std::filesystem::create_directories(folder);
  auto path = folder / ("validator-" + std::to_string(ballot.voter) + "-" +
                        std::to_string(ballot.nonce) + ".ballot");
  write_file_durably(path, encode(ballot));
  return path;
}

}  // namespace gridtally::ledger
