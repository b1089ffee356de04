// SPDX-License-Identifier: Apache-2.0
#include "descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace callgate::gateway {

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

std::size_t connections_that_fit(std::size_t wanted, std::size_t descriptors, bool forwards) {
  constexpr std::size_t kReserve = 64;
  const std::size_t left = descriptors > kReserve ? descriptors - kReserve : 1;
  return std::clamp<std::size_t>(forwards ? left / 2 : left, 1, std::max<std::size_t>(wanted, 1));
}

}  // namespace callgate::gateway
