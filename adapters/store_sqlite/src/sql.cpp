// SPDX-License-Identifier: Apache-2.0
#include "sql.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace callgate::store_sqlite {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{64} << 10;

std::string describe(int code, const char* message) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "the disk is full";
    case SQLITE_READONLY:
      return "it cannot be written: check its owner, its mode and how its disk is mounted";
    case SQLITE_CANTOPEN:
      return "it or its log cannot be opened: check the folder's owner and mode";
    case SQLITE_IOERR:
      return std::string("input or output failed (") + message + ", " + std::to_string(code) + ")";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return std::string("it is damaged (") + message + ")";
    case SQLITE_BUSY:
      return "it is in use";
    default:
      return std::string(message) + " (" + std::to_string(code) + ")";
  }
}

sqlite3_file* file_of(sqlite3* db, int which) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", which, static_cast<void*>(&file));
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

// SQLite calls it after each commit to the log.
int note_frames(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

int rewrite(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  int code = file->pMethods->xFileSize(file, &size);
  std::vector<char> part(kCopyBytes);
  for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(kCopyBytes)) {
    const int count = static_cast<int>(std::min<sqlite3_int64>(size - at, kCopyBytes));
    code = file->pMethods->xRead(file, part.data(), count, at);
    if (code == SQLITE_OK) code = file->pMethods->xWrite(file, part.data(), count, at);
  }
  return code == SQLITE_OK && size > 0 ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

}  // namespace

bool Failure::is_damage() const {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

bool Failure::is_lock() const {
  return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
}

Connection::Connection(const std::string& path, const std::string& vfs) {
  const int code =
      sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    fail(code);
    return;
  }
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // In the place of SQLite's own hook, which checkpoints within the commit; the writer does after it called
  // back. PRAGMA wal_autocheckpoint would replace this one.
  sqlite3_wal_hook(db_, note_frames, &log_frames_);
}

Connection::~Connection() {
  sqlite3_close(db_);
}

std::optional<Failure> Connection::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

void Connection::fail(int code) {
  if (failure_) return;
  // What the connection says belongs to its own last call, which need not be the one that failed.
  const bool is_own = db_ != nullptr && sqlite3_extended_errcode(db_) == code;
  failure_ = Failure{code, describe(code, is_own ? sqlite3_errmsg(db_) : sqlite3_errstr(code))};
}

void Connection::fail_damaged() {
  fail(SQLITE_CORRUPT);
}

void Connection::execute(const char* sql) {
  if (failure_) return;
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::string Connection::ask(const char* sql) {
  Statement statement(*this, sql);
  Rows rows = statement.query();
  return rows.next() ? rows.text(0) : std::string();
}

std::int64_t Connection::ask_number(const char* sql) {
  Statement statement(*this, sql);
  return statement.find().value_or(0);
}

void Connection::roll_back() {
  if (db_ != nullptr && sqlite3_get_autocommit(db_) == 0)
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::close_without_checkpoint() {
  if (db_ != nullptr) sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Connection::checkpoint() {
  if (failure_) return;
  const int code = sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(code);
  log_frames_ = 0;
}

void Connection::rewrite_log() {
  if (failure_) return;
  sqlite3_file* log = file_of(db_, SQLITE_FCNTL_JOURNAL_POINTER);
  const int code = log == nullptr ? SQLITE_OK : rewrite(log);
  if (code != SQLITE_OK) fail(code);
}

std::uint64_t Connection::bytes_on_disk() {
  std::uint64_t bytes = 0;
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = file_of(db_, which);
    sqlite3_int64 size = 0;
    if (file != nullptr && file->pMethods->xFileSize(file, &size) == SQLITE_OK)
      bytes += static_cast<std::uint64_t>(size);
  }
  return bytes;
}

// ---- Rows ----

Rows::~Rows() {
  if (statement_ == nullptr) return;
  // Outside of a transaction this is where a statement that was not read to its end commits.
  const int code = sqlite3_reset(statement_);
  if (code != SQLITE_OK) connection_.fail(code);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  if (connection_.failure()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) connection_.fail(code);
  return false;
}

std::int64_t Rows::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Rows::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int count = sqlite3_column_bytes(statement_, column);
  if (bytes == nullptr || count <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(count)};
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Rows::find_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

base::WallTime Rows::time(int column) const {
  return base::WallTime(std::chrono::microseconds(integer(column)));
}

std::optional<base::WallTime> Rows::find_time(int column) const {
  return is_null(column) ? std::nullopt : std::optional(time(column));
}

// ---- Statements ----

Statement::Statement(Connection& connection, const char* sql) : connection_(connection) {
  if (connection_.failure()) return;
  check(sqlite3_prepare_v3(connection_.db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

void Statement::check(int code) {
  if (code != SQLITE_OK) connection_.fail(code);
}

void Statement::bind(int index, std::int64_t value) {
  if (!connection_.failure()) check(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, std::string_view value) {
  if (connection_.failure()) return;
  // A null pointer would be NULL, not the empty text.
  const char* bytes = value.empty() ? "" : value.data();
  check(sqlite3_bind_text64(statement_, index, bytes, value.size(),
                            copies_ ? SQLITE_TRANSIENT : SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, Blob value) {
  if (connection_.failure()) return;
  const char* bytes = value.bytes.empty() ? "" : value.bytes.data();
  check(sqlite3_bind_blob64(statement_, index, bytes, value.bytes.size(),
                            copies_ ? SQLITE_TRANSIENT : SQLITE_STATIC));
}

void Statement::bind(int index, std::nullopt_t) {
  if (!connection_.failure()) check(sqlite3_bind_null(statement_, index));
}

}  // namespace callgate::store_sqlite
