// SPDX-License-Identifier: Apache-2.0
#pragma once
// From a path to a connection with our tables in it.

#include <callgate/base/error.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "sql.hpp"

namespace callgate::store_sqlite {

// What the file is written as. Version n is made from n - 1 by a script; a newer one is refused.
constexpr std::int64_t kSchemaVersion = 1;

// What stands below a store. The defaults are what users get.
struct Ground {
  std::string vfs;                            // empty: SQLite's own
  bool insecure_no_sync_for_test = false;     // to show that a test would notice
  std::chrono::milliseconds check_for{1000};  // looking over the file; 0: not at all
};

enum class IfMissing { make, refuse };

// The file is ours alone until the connection ends, its log is on the disk and emptied into it, and a first
// write went through.
base::Result<std::unique_ptr<Connection>> connect(const std::string& path, const Ground& ground,
                                                  IfMissing if_missing);

}  // namespace callgate::store_sqlite
