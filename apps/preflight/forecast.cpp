#include "preflight/forecast.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "cluster/layout.hpp"
#include "preflight/program.hpp"

namespace gridtally::preflight {

namespace {

constexpr double letters_in_a_row = 6.0;
constexpr double letter_seconds = 1e-3;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "gridtally-preflight-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw IoError("no folder in '" + std::filesystem::temp_directory_path().string() +
                    "' to measure in: " + std::strerror(errno));
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code none;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, none)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

/// The number after `name` in the line of --timings.
double number_after(const std::string& text, const std::string& name) {
  const auto at = text.find(name);
  return at == std::string::npos ? 0.0 : std::strtod(text.c_str() + at + name.size(), nullptr);
}

/// Whether blocks are being added: the journal of the first day grows.
class Growth {
 public:
  explicit Growth(std::filesystem::path journal) : journal_(std::move(journal)) {}
  bool operator()() {
    std::error_code absent;
    const auto size = std::filesystem::file_size(journal_, absent);
    if (absent) return first_ != 0;  // sealed meanwhile
    if (first_ == 0) first_ = size;
    return size > first_;
  }

 private:
  std::filesystem::path journal_;
  std::uintmax_t first_ = 0;
};

/// The fifth column of the CSV of --traffic.
std::uint64_t blocks_in(const std::filesystem::path& traffic) {
  const auto text = read_text(traffic);
  const auto lines = split(text, '\n');
  if (lines.size() < 2) return 0;
  const auto cells = split(lines[1], ',');
  return cells.size() < 5 ? 0 : std::strtoull(std::string(cells[4]).c_str(), nullptr, 10);
}

}  // namespace

Measurement measure(const std::filesystem::path& community, std::uint64_t validators,
                    double seconds) {
  const TemporaryFolder folder;
  const auto archive = folder.path() / "archive";
  const auto traffic = folder.path() / "traffic.csv";
  const Stop stop{Growth(archive / "journal-0000"), seconds};
  const auto ended = run(
      {own_folder() / "gridtally-solve", community, "--days", "1", "--output", archive,
       "--validators", std::to_string(validators), "--timings", "--traffic", traffic, "--verbose"},
      &stop);
  constexpr std::array known{0, 3, 75};
  if (std::find(known.begin(), known.end(), ended.status) == known.end()) {
    throw InputError("gridtally-solve does not take '" + community.string() + "':\n" +
                     ended.errors);
  }
  Measurement measured;
  measured.whole_day = ended.status == 0;
  measured.blocks = blocks_in(traffic);
  measured.seconds = number_after(ended.out, "rank 0:");
  measured.starting = std::max(0.0, ended.seconds - measured.seconds);
  measured.milestones = milestones_in(ended.out);
  measured.qp_seconds = number_after(ended.out, "  qp ");
  measured.memory = ended.peak_memory;
  measured.memory_before = std::min(
      measured.memory, static_cast<std::uint64_t>(1e6 * number_after(ended.out, "  memory ")));
  measured.archive_bytes = bytes_in(archive);
  measured.private_bytes = bytes_in(folder.path() / "archive.private");
  if (measured.blocks == 0) {
    throw InputError("not one block in " + to_text(seconds) + " s: give more time by --measure");
  }
  return measured;
}

std::vector<Milestone> milestones_in(const std::string& text) {
  std::vector<Milestone> found;
  for (const auto line : split(text, '\n')) {
    const std::string words(line);
    Milestone each;
    const auto at = words.find("): iteration ");
    if (at != std::string::npos &&
        std::sscanf(words.c_str() + at, "): iteration %lf, residual %lf kWh", &each.iteration,
                    &each.residual) == 2 &&
        each.residual > 0.0 && (found.empty() || each.iteration > found.back().iteration)) {
      found.push_back(each);
    }
  }
  return found;
}

// From the first to the last: the residual falls by jumps, which a fit would follow.
double extrapolated_iterations(const std::vector<Milestone>& milestones, double epsilon) {
  if (milestones.size() < 2) return 0.0;
  const auto& first = milestones.front();
  const auto& last = milestones.back();
  const double fall = std::log(first.residual / last.residual);
  if (!(fall > 0.0)) return 0.0;
  const double left = std::log(std::max(1.0, last.residual / epsilon));
  return last.iteration + left * (last.iteration - first.iteration) / fall;
}

Forecast forecast(const Measurement& measured, const Plan& plan) {
  const auto blocks = static_cast<double>(measured.blocks);
  const cluster::Layout layout(static_cast<int>(plan.ranks),
                               static_cast<std::uint32_t>(plan.meters),
                               static_cast<std::uint32_t>(plan.validators));
  Forecast out;
  const double most = plan.max_iterations;
  const double likely =
      measured.whole_day ? blocks : extrapolated_iterations(measured.milestones, plan.epsilon);
  out.iterations = {std::max(1.0, likely / 2), std::min(2 * likely, most)};
  if (!measured.whole_day) out.iterations.low = std::max(out.iterations.low, blocks);
  if (likely == 0.0) out.iterations = {blocks, most};
  const double qp = measured.qp_seconds / blocks;
  const double block = measured.seconds / blocks;
  const double low = (block - qp) / 2 + qp / layout.meter_ranks();
  const double network = plan.ranks > 1 ? letters_in_a_row * letter_seconds : 0.0;
  out.seconds = {measured.starting / layout.meter_ranks() + plan.days * out.iterations.low * low,
                 measured.starting + plan.days * out.iterations.high * (block + network)};
  const auto grown = static_cast<double>(measured.memory - measured.memory_before);
  out.memory_a_rank =
      measured.memory_before + static_cast<std::uint64_t>(grown * out.iterations.high / blocks);
  const double a_block = static_cast<double>(measured.archive_bytes) / blocks;
  out.disk = static_cast<std::uint64_t>(
      plan.days * (out.iterations.high * a_block + static_cast<double>(measured.private_bytes)));
  return out;
}

std::uint64_t minutes_to_ask_for(const Forecast& forecast, std::optional<std::uint64_t> longest) {
  constexpr double least = 5.0;
  const auto wanted = static_cast<std::uint64_t>(
      std::ceil(std::max(least, 1.0 + 1.25 * forecast.seconds.high / 60)));
  return std::min(wanted, longest.value_or(wanted));
}

// [days-]hours:minutes:seconds, minutes:seconds
std::optional<std::uint64_t> minutes_in(const std::string& text) {
  unsigned long long days = 0;
  unsigned long long hours = 0;
  unsigned long long minutes = 0;
  unsigned long long seconds = 0;
  const auto whole = [&](const char* form, int fields, auto... to) {
    return std::sscanf(text.c_str(), form, to...) == fields;
  };
  if (!whole("%llu-%llu:%llu:%llu", 4, &days, &hours, &minutes, &seconds)) {
    days = 0;
    if (!whole("%llu:%llu:%llu", 3, &hours, &minutes, &seconds)) {
      hours = 0;
      if (!whole("%llu:%llu", 2, &minutes, &seconds)) return std::nullopt;
    }
  }
  return (days * 24 + hours) * 60 + minutes;
}

}  // namespace gridtally::preflight
