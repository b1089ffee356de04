// SPDX-License-Identifier: Apache-2.0
#pragma once
// A store in memory with the semantics of the port, for tests. One thread. Operations wait in the order of
// the calls until the test lets the first of them happen, well or not: so every moment at which a process can
// fail is there to be chosen.

#include <callgate/delivery/store.hpp>
#include <deque>
#include <map>
#include <set>
#include <utility>

namespace callgate::delivery {

class FakeStore : public Store {
 public:
  enum class End {
    well,
    refused,  // nothing is stored; an error is told
    unsure,   // it is stored, and an error is told
  };

  // ---- The port. ----
  void add(Accepted accepted, Done<Added> done) override;
  void find_due(std::string route, base::WallTime now, std::size_t most, Done<Due> done) override;
  void record(Report report, Done<void> done) override;
  void take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now, Done<Lease> done) override;
  void ack(std::string lease, std::vector<std::string> keys, base::WallTime now,
           Done<std::size_t> done) override;
  void list(Filter filter, Done<std::vector<Stored>> done) override;
  void show(std::string key, Done<std::optional<Stored>> done) override;
  void redeliver(std::string key, base::WallTime now, Done<bool> done) override;
  void forget(std::string call, Done<std::size_t> done) override;
  void stats(Done<Stats> done) override;
  std::string trouble() const override { return trouble_; }
  void set_trouble(std::string trouble) { trouble_ = std::move(trouble); }

  // ---- What the test decides. ----
  std::size_t waiting() const { return waiting_.size(); }
  // The first one that waits happens and is answered.
  void run(End end = End::well);
  void run_all();
  // The first one that waits happens now, and is answered when the test says so: by tell(), in any order.
  void run_untold(End end = End::well);
  std::size_t untold() const { return untold_.size(); }
  void tell(std::size_t which);
  // The process dies: the first `stored` of those that wait are stored, and nobody hears of any.
  void crash(std::size_t stored);

  // ---- What the test looks at. ----
  const std::map<std::int64_t, Stored>& events() const { return events_; }
  const Stored* find(const std::string& key) const;
  std::size_t queued() const { return queued_; }
  std::size_t asked() const { return asked_; }  // how often find_due happened
  // The heads that are due now, at most that many.
  Due due(const std::string& route, base::WallTime now, std::size_t most) const;

 private:
  using LaneName = std::pair<std::string, std::string>;  // route and call
  struct Lane {
    std::set<std::int64_t> queued;
    base::WallTime due{};
    std::string lease{};
    base::WallTime lent_until{};
  };
  struct Lent {
    std::set<std::int64_t> open;
    base::WallTime until;
  };
  // Gives back what tells of it.
  using Operation = std::function<std::function<void()>(End end)>;

  template <class T, class Act>
  void wait(Done<T> done, Act act);
  static LaneName lane_of(const Stored& stored) { return {stored.passage.route, stored.event.call}; }
  void enqueue(const Stored& stored, base::WallTime due);
  void end(Stored& stored, State state, base::WallTime at);
  void expire_leases(base::WallTime now);

  Added do_add(const Accepted& accepted);
  void do_record(const Report& report);
  Lease do_take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now);
  std::size_t do_ack(const std::string& lease, const std::vector<std::string>& keys, base::WallTime now);
  bool do_redeliver(const std::string& key, base::WallTime now);
  std::size_t do_forget(const std::string& call);
  std::vector<Stored> do_list(const Filter& filter) const;
  Stats do_stats() const;

  std::map<std::int64_t, Stored> events_;  // by number
  std::map<std::string, std::int64_t> numbers_;
  std::map<LaneName, Lane> lanes_;  // with something queued
  std::map<std::string, Lent> leases_;
  std::int64_t last_number_ = 0;
  std::size_t queued_ = 0, asked_ = 0, leases_given_ = 0;
  std::deque<Operation> waiting_;
  std::vector<std::function<void()>> untold_;
  std::string trouble_;
};

}  // namespace callgate::delivery
