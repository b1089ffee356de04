// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include <callgate/store_sqlite/sqlite_store.hpp>
#include <optional>
#include <utility>

#include "job.hpp"
#include "opener.hpp"
#include "writer.hpp"

namespace callgate::store_sqlite {

using delivery::Accepted;
using delivery::Added;
using delivery::Due;
using delivery::Filter;
using delivery::Lease;
using delivery::Report;
using delivery::Stats;
using delivery::Stored;

namespace {

constexpr std::size_t kForgetEach = 256;  // events a transaction

std::size_t bytes_of(const Accepted& accepted) {
  std::size_t bytes = 1024 + accepted.passage.target.size() + accepted.verdict.claims.size();
  for (const auto& field : accepted.passage.fields) bytes += field.name.size() + field.value.size();
  for (const auto& event : accepted.events)
    bytes += 256 + event.key.size() + event.call.size() + event.body.size();
  return bytes;
}

}  // namespace

class SqliteStore::State {
 public:
  explicit State(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
  const Writer& writer() const { return *writer_; }

  // `step` gives what Inbox gives.
  template <class T, class Step>
  void post(Step step, Done<T> done, std::size_t bytes = 0, bool adds = false) {
    writer_->post(std::make_unique<Call<T>>([step = std::move(step)](Inbox& inbox) mutable
                                            -> std::optional<base::Result<T>> { return step(inbox); },
                                            std::move(done), bytes, adds));
  }

 private:
  std::unique_ptr<Writer> writer_;
};

SqliteStore::SqliteStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqliteStore::~SqliteStore() = default;

base::Result<std::unique_ptr<SqliteStore>> StoreOpener::open(Settings settings, const base::Clock& clock,
                                                             const Ground& ground, const Pace& pace) {
  auto writer = Writer::start(std::move(settings), clock, ground, pace);
  if (!writer) return tl::unexpected(writer.error());
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::make_unique<SqliteStore::State>(std::move(*writer))));
}

base::Result<std::unique_ptr<SqliteStore>> SqliteStore::open(Settings settings, const base::Clock& clock) {
  return StoreOpener::open(std::move(settings), clock, Ground{}, Pace{});
}

void SqliteStore::add(Accepted accepted, Done<Added> done) {
  const std::size_t bytes = bytes_of(accepted);
  state_->post<Added>([accepted = std::move(accepted)](Inbox& inbox) { return inbox.add(accepted); },
                      std::move(done), bytes, true);
}

void SqliteStore::find_due(std::string route, base::WallTime now, std::size_t most, Done<Due> done) {
  state_->post<Due>(
      [route = std::move(route), now, most](Inbox& inbox) { return inbox.find_due(route, now, most); },
      std::move(done));
}

void SqliteStore::record(Report report, Done<void> done) {
  state_->post<void>(
      [report = std::move(report)](Inbox& inbox) {
        inbox.record(report);
        return base::Result<void>();
      },
      std::move(done));
}

void SqliteStore::take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now,
                       Done<Lease> done) {
  state_->post<Lease>([most, lease, now](Inbox& inbox) { return inbox.take(most, lease, now); },
                      std::move(done));
}

void SqliteStore::ack(std::string lease, std::vector<std::string> keys, base::WallTime now,
                      Done<std::size_t> done) {
  state_->post<std::size_t>([lease = std::move(lease), keys = std::move(keys),
                             now](Inbox& inbox) { return inbox.ack(lease, keys, now); },
                            std::move(done));
}

void SqliteStore::list(Filter filter, Done<std::vector<Stored>> done) {
  state_->post<std::vector<Stored>>([filter = std::move(filter)](Inbox& inbox) { return inbox.list(filter); },
                                    std::move(done));
}

void SqliteStore::show(std::string key, Done<std::optional<Stored>> done) {
  state_->post<std::optional<Stored>>(
      [key = std::move(key)](Inbox& inbox) { return base::Result<std::optional<Stored>>(inbox.show(key)); },
      std::move(done));
}

void SqliteStore::redeliver(std::string key, base::WallTime now, Done<bool> done) {
  state_->post<bool>([key = std::move(key), now](Inbox& inbox) { return inbox.redeliver(key, now); },
                     std::move(done));
}

void SqliteStore::forget(std::string call, Done<std::size_t> done) {
  // What comes in while it is at work stays.
  state_->post<std::size_t>(
      [call = std::move(call), up_to = std::optional<std::int64_t>(),
       count = std::size_t{0}](Inbox& inbox) mutable -> std::optional<base::Result<std::size_t>> {
        if (!up_to) up_to = inbox.last_number();
        const std::size_t gone = inbox.forget(call, *up_to, kForgetEach);
        count += gone;
        if (gone == kForgetEach) return std::nullopt;
        return count;
      },
      std::move(done));
}

void SqliteStore::stats(Done<Stats> done) {
  state_->post<Stats>([](Inbox& inbox) { return inbox.stats(); }, std::move(done));
}

std::string SqliteStore::trouble() const {
  return state_->writer().trouble();
}

std::string library_version() {
  return sqlite3_libversion();
}

}  // namespace callgate::store_sqlite
