// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many connections this process may hold so that descriptors are left for everything else: key fetches,
// the admin port, files, the application behind. Main thread.

#include <cstddef>

namespace callgate::gateway {

// Raises the soft limit of open descriptors to the hard one. Returns what holds now.
std::size_t raise_descriptor_limit();

// At most `wanted`, at least one. Who forwards needs a second descriptor for each connection.
std::size_t connections_that_fit(std::size_t wanted, std::size_t descriptors, bool forwards);

}  // namespace callgate::gateway
