// SPDX-License-Identifier: Apache-2.0
#include "schema.hpp"

#include <sqlite3.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "file.hpp"

namespace callgate::store_sqlite {
namespace {

// tally: what would take long to count. number_of_life: something to write when nothing else is to be.
// request: what all events of one request share; `events` of them are left.
// lane: one call of one route. `due` is NULL where nothing waits and nothing is lent; of a lent lane it is
// the end of its lease.
// event: `lane` and `request` are looked up by it; `digest` covers what never changes. Its number is never
// given twice. What is changed often is small; the bytes stand beside it, in body.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE tally (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  queued INTEGER NOT NULL, delivered INTEGER NOT NULL, taken INTEGER NOT NULL, dead INTEGER NOT NULL,
  lanes INTEGER NOT NULL, life INTEGER NOT NULL);
INSERT INTO tally VALUES (1, 0, 0, 0, 0, 0, 0);

CREATE TABLE route (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);

CREATE TABLE request (
  id INTEGER PRIMARY KEY,
  events INTEGER NOT NULL,
  digest BLOB NOT NULL,
  request_id TEXT NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL, fields BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  provider TEXT NOT NULL, key_id TEXT NOT NULL, key_set TEXT NOT NULL, issuer TEXT NOT NULL,
  audience TEXT NOT NULL, subject TEXT NOT NULL, judged_at INTEGER NOT NULL, claims TEXT NOT NULL);

CREATE TABLE lane (
  id INTEGER PRIMARY KEY,
  route INTEGER NOT NULL, call TEXT NOT NULL,
  due INTEGER, lease INTEGER,
  UNIQUE (call, route));
CREATE INDEX lane_by_due ON lane (route, due) WHERE due IS NOT NULL;
CREATE INDEX lane_by_lease ON lane (lease) WHERE lease IS NOT NULL;

CREATE TABLE lease (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, until INTEGER NOT NULL);

CREATE TABLE event (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  request INTEGER NOT NULL, lane INTEGER NOT NULL,
  state INTEGER NOT NULL,
  digest BLOB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  first_tried_at INTEGER, ended_at INTEGER, lease INTEGER,
  id TEXT NOT NULL, type TEXT NOT NULL, note TEXT NOT NULL DEFAULT '');
CREATE INDEX event_by_lane ON event (lane, state);
CREATE INDEX event_by_state ON event (state);
CREATE INDEX event_by_end ON event (ended_at) WHERE state IN (1, 2);
CREATE INDEX event_by_lease ON event (lease) WHERE lease IS NOT NULL;

CREATE TABLE body (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
)sql";

// kSteps[n] makes version n + 1 from n.
constexpr std::array<const char*, kSchemaVersion> kSteps{kVersion1};

// Pages of 8 KiB hold three bodies of 2 KiB; of 4 KiB, one. The name of the program comes first, before the
// file has a log: it must stand in the file's own head.
void make_identity(Connection& connection) {
  connection.execute("PRAGMA page_size = 8192");
  connection.execute("BEGIN");
  connection.execute("PRAGMA auto_vacuum = INCREMENTAL");
  connection.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  connection.execute("COMMIT");
}

base::Result<void> set_up(Connection& connection, const Ground& ground) {
  // With an exclusive lock the log's index is in our own memory: no third file, no shared pages.
  connection.execute("PRAGMA locking_mode = EXCLUSIVE");
  connection.execute(ground.insecure_no_sync_for_test ? "PRAGMA synchronous = OFF"
                                                      : "PRAGMA synchronous = FULL");
  if (connection.ask_number("PRAGMA page_count") == 0) make_identity(connection);
  if (!connection.failure() && connection.ask_number("PRAGMA application_id") != kApplicationId)
    return base::fail(kForeign);
  connection.ask("PRAGMA journal_mode = WAL");
  const std::string mode = connection.ask("PRAGMA journal_mode");
  if (!connection.failure() && mode != "wal")
    return base::fail("its log cannot be switched to WAL (it stays '" + mode +
                      "'); is its disk a network share?");
  connection.execute("PRAGMA journal_size_limit = 67108864");
  connection.execute("PRAGMA cache_size = -32768");
  connection.execute("PRAGMA temp_store = MEMORY");
  connection.execute("PRAGMA cell_size_check = ON");
  connection.execute("PRAGMA trusted_schema = OFF");
  connection.execute("PRAGMA secure_delete = ON");  // what is forgotten is overwritten
  if (!connection.failure() && !ground.insecure_no_sync_for_test &&
      connection.ask_number("PRAGMA synchronous") != 2)
    return base::fail("this SQLite does not sync its log");
  return {};
}

void make_tables(Connection& connection, std::int64_t from) {
  for (std::int64_t next = from; next < kSchemaVersion && !connection.failure(); ++next) {
    connection.execute("BEGIN IMMEDIATE");
    connection.execute(kSteps[static_cast<std::size_t>(next)]);
    connection.execute(("PRAGMA user_version = " + std::to_string(next + 1)).c_str());
    connection.execute("COMMIT");
  }
}

std::string schema_of(Connection& connection) {
  return connection.ask(
      "SELECT group_concat(type || ' ' || name || ' ' || ifnull(sql, ''), char(10)) FROM "
      "(SELECT type, name, sql FROM sqlite_schema ORDER BY name)");
}

// SQLite reads other words than ours with another meaning: INTEGER PRIMABY KEY is a type.
base::Result<void> check_schema(Connection& connection) {
  Connection model(":memory:", "");
  make_tables(model, 0);
  const std::string expected = schema_of(model);
  if (model.failure() || schema_of(connection) == expected || connection.failure()) return {};
  return base::fail(
      "is damaged, or its tables were changed by somebody; keep it, and see what `sqlite3 FILE "
      ".recover` can read of it");
}

base::Result<void> migrate(Connection& connection) {
  const std::int64_t version = connection.ask_number("PRAGMA user_version");
  if (version < 0 || version > kSchemaVersion)
    return base::fail("was written by a newer callgate (schema " + std::to_string(version) +
                      ", this one knows " + std::to_string(kSchemaVersion) +
                      "); use that version, or another file");
  make_tables(connection, version);
  return check_schema(connection);
}

// Ends what the connection does when its time is up.
class Alarm {
 public:
  Alarm(Connection& connection, std::chrono::milliseconds after)
      : thread_([this, &connection, after] {
          std::unique_lock lock(mutex_);
          if (!over_.wait_for(lock, after, [this] { return is_over_; }))
            sqlite3_interrupt(connection.handle());
        }) {}
  ~Alarm() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    over_.notify_all();
    thread_.join();
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread thread_;
};

// As much of the file as there is time for.
base::Result<void> look_over(Connection& connection, std::chrono::milliseconds time) {
  if (connection.failure() || time.count() == 0) return {};
  std::string found;
  {
    const Alarm alarm(connection, time);
    found = connection.ask("PRAGMA integrity_check(1)");
  }
  if (const auto& failure = connection.failure(); failure && failure->code == SQLITE_INTERRUPT) {
    connection.take_failure();
    return {};
  }
  if (!connection.failure() && found != "ok")
    return base::fail("is damaged (" + found +
                      "); keep it, and see what `sqlite3 FILE .recover` can read of it");
  return {};
}

base::Result<void> start(Connection& connection, const Ground& ground) {
  if (auto done = set_up(connection, ground); !done) return done;
  connection.ask_number("SELECT count(*) FROM sqlite_schema");  // reads the log, if there is one
  connection.rewrite_log();
  if (auto done = look_over(connection, ground.check_for); !done) return done;
  if (auto done = migrate(connection); !done) return done;
  connection.execute("UPDATE tally SET life = life + 1");
  connection.checkpoint();
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Connection>> connect(const std::string& path, const Ground& ground,
                                                  IfMissing if_missing) {
  if (auto done = prepare_file(path, if_missing == IfMissing::make); !done)
    return tl::unexpected(done.error());
  if (auto done = check_head(path, ground.vfs); !done) return tl::unexpected(done.error());
  auto connection = std::make_unique<Connection>(path, ground.vfs);
  auto done = start(*connection, ground);
  if (done && !connection->failure()) return connection;
  connection->close_without_checkpoint();
  if (!done) return base::fail("inbox '" + path + "': " + done.error().message);
  if (connection->failure()->is_lock())
    return base::fail("inbox '" + path +
                      "': another callgate has it open; stop that one, or ask it through --admin");
  return base::fail("inbox '" + path + "': " + connection->failure()->what);
}

}  // namespace callgate::store_sqlite
