// SPDX-License-Identifier: Apache-2.0
#include <callgate/store_sqlite/sqlite_store.hpp>

namespace callgate::store_sqlite {

class SqliteStore::State {};

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

base::Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Settings settings, const base::Clock&) {
  return base::fail("inbox '" + settings.path + "': not built yet");
}

void SqliteStore::add(delivery::Accepted, Done<delivery::Added>) {}
void SqliteStore::find_due(std::string, base::WallTime, std::size_t, Done<delivery::Due>) {}
void SqliteStore::record(delivery::Report, Done<void>) {}
void SqliteStore::take(std::size_t, std::chrono::milliseconds, base::WallTime, Done<delivery::Lease>) {}
void SqliteStore::ack(std::string, std::vector<std::string>, base::WallTime, Done<std::size_t>) {}
void SqliteStore::list(delivery::Filter, Done<std::vector<delivery::Stored>>) {}
void SqliteStore::show(std::string, Done<std::optional<delivery::Stored>>) {}
void SqliteStore::redeliver(std::string, base::WallTime, Done<bool>) {}
void SqliteStore::forget(std::string, Done<std::size_t>) {}
void SqliteStore::stats(Done<delivery::Stats>) {}
std::string SqliteStore::trouble() const {
  return {};
}

}  // namespace callgate::store_sqlite
