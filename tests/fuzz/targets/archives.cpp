#include "archive/archive_reader.hpp"
#include "archive/input.hpp"
#include "archive/output_folder.hpp"
#include "archive/pack.hpp"
#include "archive/tar_header.hpp"
#include "audit/audit.hpp"
#include "base/file.hpp"
#include "base/test_folder.hpp"
#include "fuzz/targets/mending.hpp"
#include "fuzz/targets/target.hpp"

namespace gridtally::fuzz {

namespace {

/// What a reader makes of an archive.
struct Reading {
  std::uint64_t height = 0;
  std::size_t evidence = 0;
  std::uint64_t cut_bytes = 0;
  std::string fault;  ///< the first; empty: there is none
  bool operator==(const Reading&) const = default;
};

Reading read_whole(const std::filesystem::path& place) {
  archive::ArchiveReader reader(place);
  (void)reader.leaves_out();
  Reading found;
  found.evidence = reader.evidence().size();
  while (const auto block = reader.next()) {
    if (ledger::block_hash(block->block.header) != block->certificate.block_hash) {
      throw Broken("a block without its hash");
    }
    if (block->block.header.settled) (void)reader.result(block->block.header.turn.day);
  }
  found.height = reader.height();
  found.cut_bytes = reader.cut_bytes();
  if (!reader.faults().empty()) found.fault = archive::describe(reader.faults().front());
  return found;
}

std::vector<Bytes> segments() {
  return {material().archive.at("day-0000.h5"), material().thinned.at("day-0000.h5")};
}

/// A segment in an archive whose manifest lists it, checksums and all.
void read_segment(ByteView bytes) {
  static const auto folder = own_folder("segment");
  auto files = material().archive;
  files.erase("journal-0001");
  auto& segment = files["day-0000.h5"];
  segment = {bytes.begin(), bytes.end()};
  sum_chunks(segment);
  sign_manifest(files);
  for (const auto& [name, content] : files) put("segment/" + name, content);
  const auto found = read_whole(folder);
  if (!found.fault.empty()) throw FormatError(found.fault);
}

const std::vector<std::string>& folder_names() {
  static const std::vector<std::string> names{"genesis.bin",  "manifest",       "day-0000.h5",
                                              "day-0001.h5",  "journal-0000",   "journal-0001",
                                              "journal-0002", "genesis.bin.tmp"};
  return names;
}

/// Files one after another: number of the name u8, length u32, bytes.
Bytes packed(const Files& files) {
  ledger::ByteWriter out;
  for (std::size_t i = 0; i < folder_names().size(); ++i) {
    const auto file = files.find(folder_names()[i]);
    if (file != files.end()) out.u8(static_cast<std::uint8_t>(i)).blob(file->second);
  }
  return out.take();
}

Files unpacked(ByteView bytes) {
  ledger::ByteReader in(bytes, "folder");
  Files files;
  while (in.remaining() > 0) {
    const auto& name = folder_names()[in.u8() % folder_names().size()];
    const auto content = in.blob();
    files[name] = {content.begin(), content.end()};
  }
  return files;
}

/// The first byte says whether validator 0 signs what is there.
void audit_folder(ByteView bytes) {
  static const auto folder = own_folder("folder");
  if (bytes.empty()) return;
  auto files = unpacked(bytes.subspan(1));
  if (bytes[0] % 2 == 1) sign_manifest(files);
  for (const auto& name : folder_names()) std::filesystem::remove(folder / name);
  for (const auto& [name, content] : files) put("folder/" + name, content);
  audit::Options options;
  options.threads = 1;
  const auto report = audit::audit_archive(folder, options);
  if ((report.verdict == audit::Verdict::sound) == report.fault.has_value()) {
    throw Broken("a verdict without its fault");
  }
  if (report.fault) throw FormatError(audit::describe(*report.fault));
}

Bytes pack_of(const Files& files) {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "archive");
  for (const auto& [name, content] : files) {
    archive::testing::overwrite(folder / "archive" / name, content);
  }
  archive::pack_archive(folder / "archive", folder / "pack", false);
  return read_file(folder / "pack");
}

/// The pack that these members make.
Bytes packed_again(const std::vector<archive::PackMember>& members, const Bytes& pack) {
  Bytes again;
  for (const auto& member : members) {
    const auto header = archive::tar_header(member.name, member.size);
    again.insert(again.end(), header.begin(), header.end());
    const auto content = ByteView(pack).subspan(member.first, member.size);
    again.insert(again.end(), content.begin(), content.end());
    again.resize(again.size() + archive::tar_padding(member.size));
  }
  again.resize(again.size() + 2 * archive::tar_block);
  return again;
}

/// A pack read in place, and unpacked. The first byte says whether its headers are put right and
/// validator 0 signs what is there.
void read_pack(ByteView bytes) {
  static const auto folder = own_folder("pack");
  if (bytes.empty()) return;
  Bytes content(bytes.begin() + 1, bytes.end());
  if (bytes[0] % 2 == 1) mend_pack(content);
  const auto pack = put("pack/archive.gridtally.tar", content);
  require_same(packed_again(archive::read_pack_index(archive::Input(pack)), content), content);
  if (!archive::looks_packed(pack)) throw Broken("a pack that does not look like one");
  const auto in_place = read_whole(pack);
  std::filesystem::remove_all(folder / "archive");
  archive::unpack_archive(pack, folder / "archive");
  read_again([&] {
    return archive::pack_archive(folder / "archive", folder / "again.gridtally.tar", true);
  });
  require_same(read_file(folder / "again.gridtally.tar"), content);
  if (read_whole(folder / "archive") != in_place) throw Broken("a folder that reads otherwise");
  if (!in_place.fault.empty()) throw FormatError(in_place.fault);
}

}  // namespace

std::vector<Target> archives() {
  return {{"segment", segments, read_segment},
          {"folder",
           [] {
             return std::vector<Bytes>{after(0, packed(material().journals)),
                                       after(1, packed(material().archive)),
                                       after(1, packed(material().thinned))};
           },
           audit_folder},
          {"pack",
           [] {
             return std::vector<Bytes>{after(0, pack_of(material().journals)),
                                       after(1, pack_of(material().archive)),
                                       after(1, pack_of(material().journals))};
           },
           read_pack}};
}

}  // namespace gridtally::fuzz
