// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <callgate/cellar/cellar.hpp>

namespace callgate::hall {
struct Table {
  cellar::Wine wine;
};
}  // namespace callgate::hall
