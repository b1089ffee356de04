// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts calls of operator new in this program. Any thread.

#include <cstdint>

namespace bench {

std::uint64_t allocations();

}  // namespace bench
