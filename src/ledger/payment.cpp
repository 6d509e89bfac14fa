#include "ledger/payment.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"

namespace gridtally::ledger {

std::vector<Payment> payments_of(std::span<const std::int64_t> bills) {
  if (std::accumulate(bills.begin(), bills.end(), std::int64_t{0}) != 0) {
    throw Error("bills that do not sum to zero cannot be paid");
  }
  std::vector<Payment> payments;
  std::size_t creditor = 0;
  std::int64_t received = 0;  // by the creditor so far
  for (std::size_t debtor = 0; debtor < bills.size(); ++debtor) {
    std::int64_t left = bills[debtor];
    while (left > 0) {
      while (-bills[creditor] - received <= 0) {
        ++creditor;
        received = 0;
      }
      const std::int64_t amount = std::min(left, -bills[creditor] - received);
      payments.push_back(
          {static_cast<std::uint32_t>(debtor), static_cast<std::uint32_t>(creditor), amount});
      received += amount;
      left -= amount;
    }
  }
  return payments;
}

Bytes encode(const Payment& payment) {
  ByteWriter writer;
  return writer.u32(payment.from).u32(payment.to).i64(payment.amount).take();
}

}  // namespace gridtally::ledger
