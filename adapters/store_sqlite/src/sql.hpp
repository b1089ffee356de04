// SPDX-License-Identifier: Apache-2.0
#pragma once
// One SQLite connection and its statements. One thread at a time; statements must end before their
// connection. The first failure sticks to the connection: from then on every statement does nothing and
// gives no rows, so that a column of calls needs no test after each; whoever opened the transaction asks
// failure() before it commits.

#include <callgate/base/clock.hpp>
#include <callgate/base/error.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace callgate::store_sqlite {

struct Failure {
  int code = 0;      // SQLite's extended result code
  std::string what;  // for a person, without the file's name
  bool is_damage() const;
  bool is_lock() const;  // somebody else has the file
};

class Connection {
 public:
  // Opens, never creates. `vfs` empty: the default one.
  Connection(const std::string& path, const std::string& vfs);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const std::optional<Failure>& failure() const { return failure_; }
  std::optional<Failure> take_failure();
  void fail(int code);
  // Rows contradict each other.
  void fail_damaged();

  // Statements without parameters and rows.
  void execute(const char* sql);
  // The first column of the first row; empty if there is none.
  std::string ask(const char* sql);
  std::int64_t ask_number(const char* sql);
  // Nothing of what was done since BEGIN holds. Works with a failure too.
  void roll_back();
  // For a connection that is given up: the log is left as it is.
  void close_without_checkpoint();

  // The log's frames after the last commit.
  int log_frames() const { return log_frames_; }
  // Brings the log's content into the file and empties the log.
  void checkpoint();
  // Writes the log's bytes over themselves and syncs them. What a killed process left, or a sync that failed,
  // can be read and yet not be on the disk; and a second sync of the same bytes would not tell.
  void rewrite_log();
  // Of the file and its log, as they are now.
  std::uint64_t bytes_on_disk();

  sqlite3* handle() { return db_; }

 private:
  friend class Statement;
  sqlite3* db_ = nullptr;
  int log_frames_ = 0;
  std::optional<Failure> failure_;
};

struct Blob {
  std::string_view bytes;
};

// The rows of one query; ends it when it goes.
class Rows {
 public:
  Rows(Connection& connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  // False: no more, or a failure.
  bool next();

  std::int64_t integer(int column) const;
  std::string text(int column) const;  // of blobs too
  bool is_null(int column) const;
  std::optional<std::int64_t> find_integer(int column) const;
  base::WallTime time(int column) const;
  std::optional<base::WallTime> find_time(int column) const;

 private:
  Connection& connection_;
  sqlite3_stmt* statement_;
};

class Statement {
 public:
  Statement(Connection& connection, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Copies what it is given. One at a time.
  template <class... Values>
  Rows query(const Values&... values) {
    start(true);
    int index = 0;
    (bind(++index, values), ...);
    return Rows(connection_, statement_);
  }
  // For statements without rows.
  template <class... Values>
  void run(const Values&... values) {
    start(false);
    int index = 0;
    (bind(++index, values), ...);
    Rows(connection_, statement_).next();
  }
  // The first row's first column.
  template <class... Values>
  std::optional<std::int64_t> find(const Values&... values) {
    Rows rows = query(values...);
    return rows.next() ? rows.find_integer(0) : std::nullopt;
  }

 private:
  void start(bool copies) { copies_ = copies; }
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, std::int64_t{value}); }
  void bind(int index, std::string_view value);
  void bind(int index, Blob value);
  void bind(int index, base::WallTime value) { bind(index, value.time_since_epoch().count()); }
  void bind(int index, std::nullopt_t);
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    if (value) return bind(index, *value);
    bind(index, std::nullopt);
  }
  void check(int code);

  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  bool copies_ = true;
};

}  // namespace callgate::store_sqlite
