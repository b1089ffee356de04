// SPDX-License-Identifier: Apache-2.0
#pragma once
// The latest verdicts, kept for the admin port. Bounded: a new one takes the place of the oldest. Any thread.

#include <callgate/admin/verdicts.hpp>
#include <mutex>

#include "verdict_record.hpp"

namespace callgate::gateway {

class VerdictBook final : public admin::VerdictLog {
 public:
  explicit VerdictBook(std::size_t most);

  // How many are kept from now on; what was kept is forgotten if that changes.
  void use(std::size_t most);
  void add(const VerdictRecord& record);

  std::vector<admin::Verdict> latest(std::size_t most) const override;
  std::vector<admin::Verdict> after(std::uint64_t sequence, std::size_t most) const override;
  std::uint64_t newest() const override;

 private:
  const admin::Verdict& at(std::uint64_t sequence) const;
  std::uint64_t oldest() const;

  mutable std::mutex mutex_;  // guards what follows
  std::size_t most_;
  std::vector<admin::Verdict> ring_;  // the oldest gives way to the newest
  std::uint64_t newest_ = 0;
  std::uint64_t forgotten_ = 0;  // up to here nothing is kept
};

}  // namespace callgate::gateway
