// SPDX-License-Identifier: Apache-2.0
#pragma once
// The inbox in one SQLite file. One writer thread owns the one connection; every call is a job in its queue.
// It takes what is queued, runs it in one transaction, commits once, and then calls back: many adds share one
// sync of the disk. Calls and callbacks: as delivery/store.hpp says; callbacks come from the writer's thread,
// those of jobs that were turned away at once from a second one.
//
// The file belongs to one store at a time (SQLite's lock on the file, gone with the process, however it
// ends). It is made with mode 0600; one that others may read or write is refused. Beside it stands its log,
// FILE-wal: the two belong together, neither may be copied or removed without the other.
//
// Trouble (disk full, I/O error, read-only): every job of the transaction gets an error, the connection is
// closed, and the writer opens the file anew each second until that works. What an error was told of may be
// there afterwards all the same; what was told to be done is.

#include <callgate/base/clock.hpp>
#include <callgate/base/error.hpp>
#include <callgate/delivery/store.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace callgate::store_sqlite {

struct Settings {
  std::string path;
  // How long delivered and taken events stay, counted from when they ended. Queued and dead ones stay.
  std::chrono::seconds keep = std::chrono::hours{7 * 24};
  // Content of the file past which delivered and taken events go earlier, the oldest first; but not within
  // `keep_least`, in which a sender may repeat an event.
  std::uint64_t keep_bytes = std::uint64_t{1} << 30;
  std::chrono::seconds keep_least = std::chrono::minutes{10};
  // Content past which nothing new is taken. A repeat of what is there is still answered.
  std::uint64_t bytes_max = std::uint64_t{8} << 30;
  // What may wait in the queue: jobs, and bytes of the events in them. Past it a job gets an error at once.
  std::size_t queue_jobs_max = 8192;
  std::size_t queue_bytes_max = std::size_t{64} << 20;
  // Jobs that share one transaction; 1 only to measure what sharing is worth.
  std::size_t group_jobs_max = 256;
};

// Of the SQLite in use: "3.40.1".
std::string library_version();

class SqliteStore final : public delivery::Store {
 public:
  // Makes the file if there is none, brings an older schema up to date, looks over the file for at most a
  // second, and starts the thread. The error says what is wrong with the path or the file and what to do.
  // `clock` outlives the store; it is for retention alone.
  static base::Result<std::unique_ptr<SqliteStore>> open(Settings settings, const base::Clock& clock);
  // Finishes what is queued, calls back, closes.
  ~SqliteStore() override;

  void add(delivery::Accepted accepted, Done<delivery::Added> done) override;
  void find_due(std::string route, base::WallTime now, std::size_t most, Done<delivery::Due> done) override;
  void record(delivery::Report report, Done<void> done) override;
  // A lease is 30 minutes at the longest. Gives at most 1000 events and, once there is one, stops at 16 MiB.
  void take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now,
            Done<delivery::Lease> done) override;
  void ack(std::string lease, std::vector<std::string> keys, base::WallTime now,
           Done<std::size_t> done) override;
  // At most 1000.
  void list(delivery::Filter filter, Done<std::vector<delivery::Stored>> done) override;
  void show(std::string key, Done<std::optional<delivery::Stored>> done) override;
  // An event whose bytes are damaged cannot be queued again: an error.
  void redeliver(std::string key, base::WallTime now, Done<bool> done) override;
  // In several transactions where there are many.
  void forget(std::string call, Done<std::size_t> done) override;
  void stats(Done<delivery::Stats> done) override;
  std::string trouble() const override;

 private:
  friend class StoreOpener;  // src/: with a disk that a test made
  class State;
  explicit SqliteStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace callgate::store_sqlite
