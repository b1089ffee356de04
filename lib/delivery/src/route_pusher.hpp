// SPDX-License-Identifier: Apache-2.0
#pragma once
// The part of the dispatcher that serves one route: what is in hand, when to ask the store.
// Home's thread alone, but for the gauges.

#include <callgate/delivery/dispatcher.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace callgate::delivery {

// What the pushers of one dispatcher share. It outlives them.
struct Office {
  Home& home;
  Store& store;
  Sink& sink;
  PushWatch watch;
  std::array<std::atomic<std::uint64_t>, kTriedCount> tried{};
  std::function<void()> stepped{};  // a pusher has gone on: look when it wants to be called again
  bool in_trouble = false;

  void note_trouble(const std::string& message);
};

// What the routes that push to one application share.
struct Application {
  Application(std::string its_name, const BreakerSettings& settings)
      : name(std::move(its_name)), breaker(settings) {}
  const std::string name;
  Breaker breaker;
};

// Any thread may read it.
struct RouteGauges {
  explicit RouteGauges(std::string its_path) : path(std::move(its_path)) {}
  const std::string path;
  std::atomic<bool> breaker_open{false};
  std::atomic<std::size_t> pushing{0};
  std::atomic<std::size_t> held{0};
};

class RoutePusher : public std::enable_shared_from_this<RoutePusher> {
 public:
  RoutePusher(Office& office, PushRoute settings, std::shared_ptr<Application> application);
  RoutePusher(const RoutePusher&) = delete;
  RoutePusher& operator=(const RoutePusher&) = delete;
  ~RoutePusher() = default;

  // Counts from the next push on; the application keeps what is known of it, and its own settings.
  void use(PushRoute settings, std::shared_ptr<Application> application);
  // Starts nothing any more, until the next use().
  void stop() { stopped_ = true; }
  void note_added() { wants_ask_ = true; }

  // Does what can be done now.
  void step(Moment now);
  // When step() is to be called again at the latest, if nothing ends before.
  std::optional<base::MonoTime> next_step() const;
  void show_gauges() const;

  bool is_stopped() const { return stopped_; }
  bool is_idle() const { return held_.empty(); }
  base::MonoTime last_started() const { return last_started_; }
  const std::shared_ptr<RouteGauges>& gauges() const { return gauges_; }

 private:
  // The head of a lane, from the beginning of its push on.
  struct Held {
    Stored stored;
    base::WallTime begun;
    std::shared_ptr<Application> application;  // that has it
    std::optional<Report> report{};            // once it has ended
    bool is_refused = false;                   // the store did not take the report
    bool has_other_head = false;               // an older event of the lane was queued again meanwhile
  };

  std::size_t free() const;
  base::MonoTime ask_after() const;
  bool may_start(base::MonoTime now, bool fresh) const;
  bool wants_ask() const { return wants_ask_ || (waits_for_breaker_ && !application_->breaker.is_open()); }
  void put_off(bool fresh);

  void ask(Moment now);
  void asked(std::size_t most, base::Result<Due> due);
  void start_some(Due due, std::size_t most);
  void start(Stored head, Moment now);
  void pushed(const std::string& call, const Pushed& pushed);
  void end(Held& held, const Pushed& pushed, Moment now);
  void record(const Held& held);
  void recorded(const std::string& call, const base::Result<void>& result);
  void record_refused_ones(Moment now);
  void release(const std::string& call);
  void tell(const Held& held, Tried::What what, const std::string& note);
  void go_on();

  Office& office_;
  PushRoute settings_;
  std::shared_ptr<Application> application_;
  const std::shared_ptr<RouteGauges> gauges_;
  bool stopped_ = false;

  std::unordered_map<std::string, Held> held_;  // by call
  std::size_t pushing_ = 0;                     // of them
  std::size_t refused_ = 0;                     // of them
  bool is_store_in_trouble_ = false;            // since a report was refused, until one is taken
  base::MonoTime record_again_at_{};

  bool wants_ask_ = true;           // something may be due of which nothing is known here
  bool waits_for_breaker_ = false;  // something is due that an open one holds back
  bool asking_ = false;
  std::unordered_set<std::string> released_;  // since the asking began: what the answer says of them is old
  std::optional<base::MonoTime> soonest_again_;  // among those
  std::optional<base::MonoTime> next_due_;
  base::MonoTime last_asked_{};
  base::MonoTime last_started_{};
  base::MonoTime not_before_{};  // the store failed, or the sink was busy
};

}  // namespace callgate::delivery
