// SPDX-License-Identifier: Apache-2.0
#pragma once
// Opens a store on another ground or at another pace than users get: for tests and comparisons.

#include <callgate/store_sqlite/sqlite_store.hpp>

#include "schema.hpp"
#include "writer.hpp"

namespace callgate::store_sqlite {

class StoreOpener {
 public:
  static base::Result<std::unique_ptr<SqliteStore>> open(Settings settings, const base::Clock& clock,
                                                         const Ground& ground, const Pace& pace);
};

}  // namespace callgate::store_sqlite
