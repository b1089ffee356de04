// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <algorithm>
#include <utility>

namespace callgate::store_sqlite {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kPruneIdle = 128;  // events a step
constexpr milliseconds kIdleLook{1000};

}  // namespace

// ---- Teller ----

Teller::Teller() : thread_([this] { run(); }) {}

Teller::~Teller() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  more_.notify_all();
  thread_.join();
}

void Teller::tell(std::function<void()> what) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(what));
  }
  more_.notify_all();
}

void Teller::run() {
  std::unique_lock lock(mutex_);
  while (!is_over_ || !waiting_.empty()) {
    more_.wait(lock, [this] { return is_over_ || !waiting_.empty(); });
    auto now = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto& what : now) what();
    now.clear();
    lock.lock();
  }
}

// ---- Writer ----

Writer::Writer(Settings settings, const base::Clock& clock, Ground ground, Pace pace)
    : settings_(std::move(settings)), clock_(clock), ground_(std::move(ground)), pace_(pace) {}

base::Result<std::unique_ptr<Writer>> Writer::start(Settings settings, const base::Clock& clock,
                                                    Ground ground, Pace pace) {
  std::unique_ptr<Writer> writer(new Writer(std::move(settings), clock, std::move(ground), pace));
  auto open = writer->open(IfMissing::make);
  if (!open) return tl::unexpected(open.error());
  writer->open_ = std::move(*open);
  writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
  return writer;
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

base::Result<Writer::Open> Writer::open(IfMissing if_missing) const {
  Ground ground = ground_;
  if (if_missing == IfMissing::refuse) ground.check_for = milliseconds(0);
  auto connection = connect(settings_.path, ground, if_missing);
  if (!connection) return tl::unexpected(connection.error());
  Open open{std::move(*connection), nullptr, find_file(settings_.path)};
  open.inbox = std::make_unique<Inbox>(*open.connection, settings_, clock_);
  if (const auto& failure = open.connection->failure())
    return base::fail("inbox '" + settings_.path + "': " + failure->what);
  return open;
}

void Writer::post(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    const bool fits =
        queue_.size() < settings_.queue_jobs_max && queue_bytes_ + job->bytes() <= settings_.queue_bytes_max;
    if (fits) {
      queue_bytes_ += job->bytes();
      queue_.push_back(std::move(job));
    }
  }
  if (!job) return work_.notify_one();
  teller_.tell([turned_away = std::shared_ptr<Job>(std::move(job)), path = settings_.path] {
    turned_away->fail("inbox '" + path + "': too much is waiting for the disk");
  });
}

std::string Writer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Writer::set_trouble(std::string text) {
  if (text.empty()) text = damage_;
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(text);
}

milliseconds Writer::pause() const {
  if (has_chores_ || !unfinished_.empty()) return milliseconds(0);
  if (open_.inbox) return kIdleLook;
  const auto since = std::chrono::duration_cast<milliseconds>(steady_clock::now() - last_try_);
  return std::max(milliseconds(0), pace_.retry - since);
}

// False: all is done and it is over.
bool Writer::wait_for_work() {
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, pause(), [this] { return is_stopping_ || !queue_.empty(); });
  return !is_stopping_ || !queue_.empty() || !unfinished_.empty();
}

Writer::Jobs Writer::next_group() {
  Jobs group = std::exchange(unfinished_, {});
  std::size_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && group.size() < settings_.group_jobs_max &&
         (bytes == 0 || bytes + queue_.front()->bytes() <= pace_.group_bytes_max)) {
    bytes += queue_.front()->bytes();
    queue_bytes_ -= queue_.front()->bytes();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

void Writer::run() {
  while (wait_for_work()) {
    look_at_file();
    if (!open_.inbox && steady_clock::now() - last_try_ >= pace_.retry) open_again();
    Jobs group = next_group();
    const std::size_t jobs = group.size();
    if (!group.empty()) handle(std::move(group));
    if (open_.inbox) keep_house(jobs);
  }
  open_.close();  // brings the log into the file
}

void Writer::handle(Jobs jobs) {
  Jobs unfinished;
  if (open_.inbox) run_in_transaction(jobs, unfinished);
  if (!open_.inbox || open_.connection->failure()) {
    if (open_.inbox) give_up();
    const std::string why = trouble();
    for (const auto& job : jobs) {
      if (job) job->fail(why);
    }
    for (const auto& job : unfinished) job->fail(why);
    return;
  }
  for (const auto& job : jobs) {
    if (job) job->succeed();
  }
  unfinished_ = std::move(unfinished);
}

// Jobs that were refused one by one are gone from `jobs` afterwards, those that go on are in `unfinished`.
void Writer::run_in_transaction(Jobs& jobs, Jobs& unfinished) {
  Connection& connection = *open_.connection;
  connection.execute("BEGIN IMMEDIATE");
  for (auto& job : jobs) {
    if (connection.failure()) return;
    if (job->adds() && !damage_.empty()) {
      std::exchange(job, nullptr)->fail(damage_);
    } else if (!job->run(*open_.inbox)) {
      unfinished.push_back(std::exchange(job, nullptr));
    }
  }
  open_.inbox->save_tally();
  connection.execute("COMMIT");
}

// Nothing of the transaction is trusted, nor what the connection has in memory.
void Writer::give_up() {
  const Failure failure = *open_.connection->failure();
  const std::string text = "inbox '" + settings_.path + "': " + failure.what;
  if (failure.is_damage()) note_damage(failure.what);
  open_.connection->roll_back();
  open_.connection->close_without_checkpoint();
  open_.close();
  has_chores_ = false;
  set_trouble(damage_.empty() ? text : damage_);
}

void Writer::note_damage(const std::string& what) {
  damage_ = "inbox '" + settings_.path + "': " + what +
            "; it takes nothing new. Stop callgate, keep the file, and see what `sqlite3 FILE .recover` can "
            "read of it";
}

// What is written to a file that was removed, or that another has replaced, is gone with the process.
void Writer::look_at_file() {
  if (!open_.inbox || steady_clock::now() - last_look_ < pace_.look) return;
  last_look_ = steady_clock::now();
  if (find_file(settings_.path) == open_.file) return;
  open_.connection->close_without_checkpoint();
  open_.close();
  has_chores_ = false;
  open_again();
}

void Writer::open_again() {
  last_try_ = steady_clock::now();
  auto open = this->open(IfMissing::refuse);
  if (!open) return set_trouble(open.error().message);
  open_ = std::move(*open);
  set_trouble("");
}

// ---- Between commits ----

void Writer::keep_house(std::size_t jobs) {
  Connection& connection = *open_.connection;
  if (connection.log_frames() >= pace_.checkpoint_frames) connection.checkpoint();
  has_chores_ = false;
  if (damage_.empty()) prune(jobs);
  const bool is_full = open_.inbox->is_full();
  if (connection.failure()) return give_up();
  // What can be found still goes out.
  if (damage_.empty() && open_.inbox->contradicts_itself())
    note_damage("it is damaged (its lanes and its events contradict each other)");
  set_trouble(is_full ? "inbox '" + settings_.path + "': it holds as much as it may (bytes_max, " +
                            std::to_string(settings_.bytes_max) + " bytes)"
                      : "");
}

// Where jobs wait, twice as many events may go as jobs were done, so that it keeps up; else a larger step.
// Losing these commits to a power failure is harmless, so they need no sync of their own; the next one that
// does takes them along.
void Writer::prune(std::size_t jobs) {
  Inbox& inbox = *open_.inbox;
  Connection& connection = *open_.connection;
  const bool is_idle = has_nothing_queued();
  const bool has_old = inbox.has_old();
  if (!has_old && !(is_idle && inbox.has_much_free())) return;
  if (!ground_.insecure_no_sync_for_test) connection.execute("PRAGMA synchronous = NORMAL");
  connection.execute("BEGIN IMMEDIATE");
  if (has_old) {
    inbox.prune(is_idle ? kPruneIdle : 2 * jobs + 1);
  } else {
    inbox.give_back();
  }
  inbox.save_tally();
  connection.execute("COMMIT");
  if (!ground_.insecure_no_sync_for_test) connection.execute("PRAGMA synchronous = FULL");
  if (!has_old && !inbox.has_much_free()) connection.checkpoint();  // the file itself ends earlier now
  has_chores_ = true;
}

bool Writer::has_nothing_queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty();
}

}  // namespace callgate::store_sqlite
