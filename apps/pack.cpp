#include "archive/pack.hpp"

#include <iostream>

#include "cli/options.hpp"
#include "cli/run_app.hpp"

namespace {

using namespace gridtally;

struct Settings {
  std::filesystem::path place;
  std::filesystem::path output;
  bool unpack = false;
  bool force = false;
};

/// "runs/week/" and "runs/week" are packed into "runs/week.gridtally.tar".
std::filesystem::path pack_of(const std::filesystem::path& folder) {
  auto name = (folder / "").lexically_normal().parent_path();
  if (name.filename() == "." || name.filename() == ".." || name.filename().empty()) {
    name = std::filesystem::absolute(folder / "").lexically_normal().parent_path();
  }
  return name += archive::pack_suffix;
}

std::filesystem::path folder_of(const std::filesystem::path& pack) {
  const auto name = pack.string();
  const std::string suffix = archive::pack_suffix;
  if (name.size() > suffix.size() && name.ends_with(suffix)) {
    return name.substr(0, name.size() - suffix.size());
  }
  throw InputError("'" + name + "' does not end in " + suffix + ": name the folder by --output");
}

ExitStatus pack(int argc, char** argv) {
  Settings settings;
  cli::Options options(
      "gridtally-pack",
      "Makes one file of an archive folder, to hand it over, and the folder again of the file.\n"
      "Every program that reads archives takes either. The file is a plain tar; tar xf unpacks\n"
      "it too. On the way the manifest's signature and each segment's SHA-256 are checked:\n"
      "what is damaged is named, and nothing is written then. Exit status: 0 done, 2 damaged or\n"
      "bad input, 4 failure.");
  options.argument("ARCHIVE", settings.place, "archive folder; with --unpack a packed archive")
      .flag("unpack", settings.unpack, "make a folder of a packed archive")
      .option("output", settings.output, "",
              "file to write (default: ARCHIVE.gridtally.tar), or folder to make with --unpack "
              "(default: without that ending)")
      .flag("force", settings.force, "replace the file if it exists; a folder never is");
  if (!options.parse(argc, argv)) return ExitStatus::success;
  if (settings.unpack && settings.force) {
    throw InputError("--force is not for --unpack: a folder is never overwritten");
  }
  auto output = settings.output;
  if (output.empty())
    output = settings.unpack ? folder_of(settings.place) : pack_of(settings.place);
  const auto done = settings.unpack ? archive::unpack_archive(settings.place, output)
                                    : archive::pack_archive(settings.place, output, settings.force);
  std::cout << output.string() << ": " << done.files << " files, " << done.bytes
            << " bytes, sealed up to height " << done.height << ", head " << done.head << '\n';
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) { return gridtally::cli::run_app(argc, argv, pack); }
