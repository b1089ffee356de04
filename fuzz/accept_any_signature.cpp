// SPDX-License-Identifier: Apache-2.0
// For the fuzz target `verdict` alone: stands where jose's signature check would be linked and says yes, so
// that inputs reach what lies behind it. tests/layering makes sure that no program of ours has it.

#include "signature.hpp"

// What that test looks for.
extern "C" const char callgate_fuzz_accepts_any_signature = 1;

namespace callgate::jose {

bool signature_holds(const Key&, Algorithm, std::string_view, std::string_view) {
  return callgate_fuzz_accepts_any_signature != 0;
}

}  // namespace callgate::jose
