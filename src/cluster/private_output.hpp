#pragma once

#include <filesystem>

namespace gridtally::cluster {

/// InputError when `folder` holds private files already and they may not be replaced, or when it is
/// open to others. Writes nothing.
void check_private_output(const std::filesystem::path& folder, bool replace);

/// Makes the folder (mode 0700) and removes private files of an earlier run.
void prepare_private_output(const std::filesystem::path& folder);

}  // namespace gridtally::cluster
