// SPDX-License-Identifier: Apache-2.0
#pragma once
// The thread that owns the connection: queue, group commit, housekeeping between commits, and the way back
// from trouble. Any thread may post.

#include <callgate/base/clock.hpp>
#include <callgate/store_sqlite/sqlite_store.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "file.hpp"
#include "inbox.hpp"
#include "job.hpp"
#include "schema.hpp"

namespace callgate::store_sqlite {

// How the writer goes about its work; other values than these for tests and comparisons.
struct Pace {
  std::size_t group_bytes_max = std::size_t{4} << 20;
  int checkpoint_frames = 1000;  // of the log; at 8 KiB each
  std::chrono::milliseconds retry{1000};
  std::chrono::milliseconds look{1000};  // whether the file is still where it was
};

// Runs what it is told on a thread of its own.
class Teller {
 public:
  Teller();
  // Tells the rest first.
  ~Teller();
  Teller(const Teller&) = delete;
  Teller& operator=(const Teller&) = delete;
  void tell(std::function<void()> what);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::function<void()>> waiting_;
  bool is_over_ = false;
  std::thread thread_;
};

class Writer {
 public:
  // The file must be open once before there is a writer.
  static base::Result<std::unique_ptr<Writer>> start(Settings settings, const base::Clock& clock,
                                                     Ground ground, Pace pace);
  // Finishes what is queued.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void post(std::unique_ptr<Job> job);
  std::string trouble() const;

 private:
  using Jobs = std::vector<std::unique_ptr<Job>>;
  struct Open {
    std::unique_ptr<Connection> connection;
    std::unique_ptr<Inbox> inbox;  // has statements of the connection: ends before it
    std::optional<FileMark> file{};
    void close() {
      inbox.reset();
      connection.reset();
    }
  };

  Writer(Settings settings, const base::Clock& clock, Ground ground, Pace pace);
  base::Result<Open> open(IfMissing if_missing) const;
  void run();
  bool wait_for_work();
  Jobs next_group();
  void handle(Jobs jobs);
  void run_in_transaction(Jobs& jobs, Jobs& unfinished);
  void keep_house(std::size_t jobs);
  void prune(std::size_t jobs);
  void give_up();
  void note_damage(const std::string& what);
  void look_at_file();
  void open_again();
  void set_trouble(std::string text);
  std::chrono::milliseconds pause() const;
  bool has_nothing_queued() const;

  const Settings settings_;
  const base::Clock& clock_;
  const Ground ground_;
  const Pace pace_;

  // The writer's thread alone.
  Open open_;
  Jobs unfinished_;
  bool has_chores_ = false;
  std::string damage_;  // once found it stays
  std::chrono::steady_clock::time_point last_try_{};
  std::chrono::steady_clock::time_point last_look_{};

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::unique_ptr<Job>> queue_;
  std::size_t queue_bytes_ = 0;
  bool is_stopping_ = false;
  std::string trouble_;

  Teller teller_;
  std::thread thread_;
};

}  // namespace callgate::store_sqlite
