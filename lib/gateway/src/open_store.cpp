// SPDX-License-Identifier: Apache-2.0
#include "open_store.hpp"

#include <callgate/store_sqlite/sqlite_store.hpp>

namespace callgate::gateway {

base::Result<std::unique_ptr<delivery::Store>> open_store(const config::InboxSettings& settings,
                                                          const base::Clock& clock) {
  store_sqlite::Settings sqlite;
  sqlite.path = settings.path;
  sqlite.keep = settings.keep;
  sqlite.keep_bytes = settings.keep_bytes;
  sqlite.bytes_max = settings.bytes_max;
  sqlite.group_jobs_max = settings.group_max;
  auto store = store_sqlite::SqliteStore::open(std::move(sqlite), clock);
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<delivery::Store>(std::move(*store));
}

}  // namespace callgate::gateway
