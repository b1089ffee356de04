// SPDX-License-Identifier: Apache-2.0
#undef NDEBUG  // with it clang would take toml++'s assertions, which do not hold, for promises
#define TOML_IMPLEMENTATION
#include "toml.hpp"
