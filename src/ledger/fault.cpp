#include "ledger/fault.hpp"

namespace gridtally::ledger {

std::string describe(const Fault& fault) {
  std::string line = "height " + std::to_string(fault.height);
  if (fault.meter) line += ", meter " + std::to_string(*fault.meter);
  if (fault.prosumer) line += ", prosumer " + std::to_string(*fault.prosumer);
  if (fault.day) line += ", day " + std::to_string(*fault.day);
  if (fault.slot) line += ", slot " + std::to_string(*fault.slot);
  return line + ": " + fault.what + ": expected " + fault.expected + ", found " + fault.found;
}

}  // namespace gridtally::ledger
