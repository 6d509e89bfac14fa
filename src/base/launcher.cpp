#include "base/launcher.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace gridtally {

bool is_launched() {
  constexpr std::array<const char*, 4> signs{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK",
                                             "PMI_SIZE"};
  return std::any_of(signs.begin(), signs.end(),
                     [](const char* name) { return std::getenv(name) != nullptr; });
}

void prepare_mpi() {
  if (is_launched()) return;
  constexpr auto without_daemon = "OMPI_MCA_ess_singleton_isolated";
  ::setenv(without_daemon, "1", 0);
  if (std::getenv(without_daemon) != std::string_view("1")) return;  // a daemon chooses the folder
  std::error_code none;
  const auto folder =
      std::filesystem::temp_directory_path(none) /
      ("ompi.alone." + std::to_string(::getuid()) + "." + std::to_string(::getpid()));
  if (!none) ::setenv("OMPI_MCA_orte_top_session_dir", folder.c_str(), 0);
}

}  // namespace gridtally
