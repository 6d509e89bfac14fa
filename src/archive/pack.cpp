#include "archive/pack.hpp"

#include <array>
#include <functional>
#include <map>

#include "archive/archive_files.hpp"
#include "archive/lock_file.hpp"
#include "archive/manifest.hpp"
#include "archive/tar_header.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/genesis.hpp"

namespace gridtally::archive {

namespace {
constexpr std::size_t piece_bytes = std::size_t{1} << 18;

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

/// What an archive holds, in the order of a pack, and what the files that are hashed must be.
struct Contents {
  Manifest manifest;
  std::vector<std::string> names;
  std::map<std::string, ledger::Digest> hashes;
};

Manifest signed_manifest(const ArchiveFiles& files) {
  const auto bytes = files.open(manifest_name).read_all(most_manifest);
  const std::string text(bytes.begin(), bytes.end());
  auto manifest = parse_manifest(text);
  const auto genesis = files.open(genesis_name).read_all(most_genesis);
  if (ledger::sha256(genesis) != manifest.run_id) {
    throw FormatError("genesis.bin is not that of the run " + ledger::to_hex(manifest.run_id) +
                      ", which the manifest names");
  }
  const auto signer = ledger::decode_genesis(genesis).validators.at(0);
  if (manifest.signer != signer || !verify_manifest(text, signer)) {
    throw FormatError("manifest: not signed by validator 0");
  }
  return manifest;
}

Contents contents_of(const ArchiveFiles& files) {
  Contents contents;
  contents.manifest = signed_manifest(files);
  contents.names = {genesis_name, manifest_name};
  contents.hashes[genesis_name] = contents.manifest.run_id;
  for (const auto& segment : contents.manifest.segments) {
    contents.names.push_back(segment.name);
    contents.hashes[segment.name] = segment.sha256;
  }
  for (const auto day : files.names().journals) {
    if (day >= contents.manifest.segments.size()) contents.names.push_back(journal_name(day));
  }
  PackOrder order;
  for (const auto& name : contents.names) {
    if (!order.accepts(name)) throw FormatError(name + " is there, and what goes before it is not");
  }
  return contents;
}

/// Gives all bytes of a file on, piece by piece; FormatError unless their SHA-256 is that expected.
void pass_on(const Input& input, const Contents& contents,
             const std::function<void(ledger::ByteView)>& sink) {
  ledger::Sha256 hash;
  ledger::Bytes piece(piece_bytes);
  for (std::uint64_t done = 0; done < input.size();) {
    const auto found = ledger::ByteView(piece).first(input.read_at(done, piece));
    if (found.empty()) throw IoError(input.name() + " became shorter while it was read");
    hash.update(found);
    sink(found);
    done += found.size();
  }
  const auto expected = contents.hashes.find(input.name());
  if (expected == contents.hashes.end()) return;
  const auto found = hash.finish();
  if (found != expected->second) {
    throw FormatError(input.name() + ": SHA-256 expected " + ledger::to_hex(expected->second) +
                      ", found " + ledger::to_hex(found));
  }
}

void write_members(const ArchiveFiles& files, const Contents& contents, File& out) {
  for (const auto& name : contents.names) {
    const auto input = files.open(name);
    out.write(tar_header(name, input.size()));
    pass_on(input, contents, [&](ledger::ByteView piece) { out.write(piece); });
    out.write(ledger::Bytes(tar_padding(input.size())));
  }
  out.write(ledger::Bytes(2 * tar_block));
}

void write_files(const ArchiveFiles& files, const Contents& contents,
                 const std::filesystem::path& folder) {
  for (const auto& name : contents.names) {
    File out = File::create(folder / name, 0644);
    pass_on(files.open(name), contents, [&](ledger::ByteView piece) { out.write(piece); });
    out.sync();
    out.close();
  }
  sync_folder(folder);
}

PackSummary summary_of(const ArchiveFiles& files, const Contents& contents) {
  PackSummary summary;
  summary.files = contents.names.size();
  for (const auto& name : contents.names) summary.bytes += files.open(name).size();
  summary.height = contents.manifest.height;
  summary.head = ledger::to_hex(contents.manifest.head);
  return summary;
}

/// Removes what was begun unless it is kept.
class Begun {
 public:
  explicit Begun(std::filesystem::path path) : path_(std::move(path)) {}
  Begun(const Begun&) = delete;
  Begun& operator=(const Begun&) = delete;
  ~Begun() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove_all(path_, ignored);
  }
  void keep_as(const std::filesystem::path& name) {
    rename_file(path_, name);
    kept_ = true;
    sync_folder(name.parent_path());
  }

 private:
  std::filesystem::path path_;
  bool kept_ = false;
};

std::filesystem::path temporary_of(const std::filesystem::path& path) {
  auto temporary = path;
  temporary += ".tmp";
  return temporary;
}

/// `call`, whose FormatErrors say what to do.
template <class Call>
PackSummary advising(const std::filesystem::path& place, const Call& call) {
  try {
    return call();
  } catch (const FormatError& error) {
    throw FormatError(quoted(place) + " is damaged: " + error.what() + ". gridtally-audit " +
                      place.string() + " tells how far it is sound; nothing was written");
  }
}

void require_folder(const std::filesystem::path& folder) {
  if (std::filesystem::is_directory(folder)) return;
  throw InputError(quoted(folder) + " is not an archive folder; --unpack makes one of a pack");
}
}  // namespace

PackSummary pack_archive(const std::filesystem::path& folder, const std::filesystem::path& file,
                         bool replace) {
  require_folder(folder);
  if (std::filesystem::exists(std::filesystem::symlink_status(file)) && !replace) {
    throw InputError(quoted(file) + " exists; --force replaces it, --output chooses another");
  }
  if (std::filesystem::is_directory(file)) throw InputError(quoted(file) + " is a folder");
  const auto lock = LockFile::share(folder);
  return advising(folder, [&] {
    const ArchiveFiles files(folder);
    const auto contents = contents_of(files);
    const auto temporary = temporary_of(file);
    remove_file(temporary);
    File out = File::create(temporary, 0644);
    Begun begun(temporary);
    write_members(files, contents, out);
    out.sync();
    out.close();
    begun.keep_as(file);
    return summary_of(files, contents);
  });
}

PackSummary unpack_archive(const std::filesystem::path& file, const std::filesystem::path& folder) {
  if (std::filesystem::exists(std::filesystem::symlink_status(folder))) {
    throw InputError(quoted(folder) + " exists and is never overwritten; choose another --output");
  }
  const auto temporary = temporary_of(folder);
  if (std::filesystem::exists(std::filesystem::symlink_status(temporary))) {
    throw InputError(quoted(temporary) +
                     " is in the way, perhaps left by an unpacking that was cut off; remove it, or "
                     "choose another --output");
  }
  return advising(file, [&] {
    const ArchiveFiles files(file);
    if (!files.is_pack()) throw InputError(quoted(file) + " is not a packed archive");
    const auto contents = contents_of(files);
    if (contents.names.size() != files.names().size()) {
      throw FormatError("it holds segments that its manifest does not list");
    }
    create_folders_durably(temporary);
    Begun begun(temporary);
    write_files(files, contents, temporary);
    begun.keep_as(folder);
    return summary_of(files, contents);
  });
}

bool looks_packed(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  try {
    TarHeader header{};
    const File file = File::open_read(path);
    return file.read_at(0, header) == header.size() && read_tar_header(header).name == genesis_name;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace gridtally::archive
