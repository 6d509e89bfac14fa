#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "cluster/genesis_setup.hpp"

namespace gridtally::cluster {

/// Public keys by the name of their owner, as in "meter-00003".
using KeyRegistry = std::map<std::string, ledger::PublicKey, std::less<>>;

/// Lines "meter-00003 <64 hexadecimal digits>", as gridtally-keygen --public prints them; what
/// follows on a line is passed over. InputError with every fault.
KeyRegistry read_key_registry(const std::filesystem::path& file);

/// InputError naming each meter and validator whose key is not the one that is registered.
void check_registered(const KeyRegistry& registry, const Setup& setup);

}  // namespace gridtally::cluster
