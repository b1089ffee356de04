// SPDX-License-Identifier: Apache-2.0
#pragma once
// One stream of numbers for everything, OpenSSL's keys and nonces included, so that a run with the same seed
// makes the same bytes. For tests alone; one thread.

#include <cstdint>

namespace callgate::differential {

// Seeds the stream and makes OpenSSL draw from it until the process ends.
void seed_everything(std::uint64_t seed);

// In [0, bound); bound is not 0.
std::uint64_t draw(std::uint64_t bound);

// One of them.
template <class Container>
const auto& pick(const Container& choices) {
  return choices[draw(choices.size())];
}

}  // namespace callgate::differential
