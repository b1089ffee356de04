// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/delivery/dispatcher.hpp>
#include <map>
#include <mutex>

#include "route_pusher.hpp"

namespace callgate::delivery {
namespace {

constexpr std::array<std::string_view, kTriedCount> kTriedTexts{"delivered", "again", "dead", "busy"};

}  // namespace

std::string_view to_text(Tried::What what) {
  return kTriedTexts[static_cast<std::size_t>(what)];
}

class Dispatcher::State : public std::enable_shared_from_this<State> {
 public:
  State(Home& home, Store& store, Sink& sink, PushWatch watch)
      : office_{.home = home, .store = store, .sink = sink, .watch = std::move(watch)} {
    office_.stepped = [this] { stepped(); };
  }

  void use(std::vector<PushRoute> routes);
  void on_added(std::string_view route);
  void drain(std::function<void()> done);
  std::array<std::uint64_t, kTriedCount> tried() const;
  std::vector<PushView> routes() const;

 private:
  std::shared_ptr<Application> application_of(const PushRoute& route);
  void look_at_added();
  void step_all();
  void stepped();
  void end_drain_if_idle();
  void set_timer();

  Office office_;
  std::map<std::string, std::shared_ptr<RoutePusher>, std::less<>> pushers_;
  std::map<std::string, std::weak_ptr<Application>> applications_;  // the pushers hold them
  std::function<void()> drained_;
  bool is_draining_ = false;
  std::shared_ptr<void> timer_;
  base::MonoTime timer_at_{};

  mutable std::mutex mutex_;
  std::vector<std::string> added_;                      // under mutex_
  std::vector<std::shared_ptr<RouteGauges>> gauges_{};  // under mutex_
};

void Dispatcher::State::use(std::vector<PushRoute> routes) {
  for (auto& [path, pusher] : pushers_) pusher->stop();
  std::vector<std::shared_ptr<RouteGauges>> gauges;
  for (PushRoute& route : routes) {
    auto& pusher = pushers_[route.path];
    auto application = application_of(route);
    if (pusher)
      pusher->use(std::move(route), std::move(application));
    else
      pusher = std::make_shared<RoutePusher>(office_, std::move(route), std::move(application));
    gauges.push_back(pusher->gauges());
    if (is_draining_) pusher->stop();
  }
  {
    const std::lock_guard lock(mutex_);
    gauges_ = std::move(gauges);
  }
  std::erase_if(applications_, [](const auto& entry) { return entry.second.expired(); });
  step_all();
}

std::shared_ptr<Application> Dispatcher::State::application_of(const PushRoute& route) {
  const std::string& name = route.application.empty() ? route.path : route.application;
  auto& known = applications_[name];
  auto application = known.lock();
  if (!application) {
    application = std::make_shared<Application>(name, route.breaker);
    known = application;
  }
  return application;
}

void Dispatcher::State::on_added(std::string_view route) {
  {
    const std::lock_guard lock(mutex_);
    if (std::find(added_.begin(), added_.end(), route) != added_.end()) return;
    added_.emplace_back(route);
    if (added_.size() > 1) return;  // it is posted
  }
  office_.home.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_at_added();
  });
}

void Dispatcher::State::look_at_added() {
  std::vector<std::string> added;
  {
    const std::lock_guard lock(mutex_);
    added.swap(added_);
  }
  const Moment now = office_.home.now();
  for (const std::string& route : added) {
    const auto found = pushers_.find(route);
    if (found == pushers_.end()) continue;
    found->second->note_added();
    found->second->step(now);
  }
  stepped();
}

void Dispatcher::State::drain(std::function<void()> done) {
  is_draining_ = true;
  drained_ = std::move(done);
  for (auto& [path, pusher] : pushers_) pusher->stop();
  stepped();
}

// Who pushed the longest ago goes first: of routes that share an open breaker each gets its turn to probe.
void Dispatcher::State::step_all() {
  const Moment now = office_.home.now();
  std::vector<RoutePusher*> order;
  order.reserve(pushers_.size());
  for (const auto& [path, pusher] : pushers_) order.push_back(pusher.get());
  std::stable_sort(order.begin(), order.end(), [](const RoutePusher* one, const RoutePusher* other) {
    return one->last_started() < other->last_started();
  });
  for (RoutePusher* pusher : order) pusher->step(now);
  stepped();
}

// Also of one pusher's step: another one of its application may have been waiting for that.
void Dispatcher::State::stepped() {
  for (const auto& [path, pusher] : pushers_) pusher->show_gauges();
  std::erase_if(pushers_,
                [](const auto& entry) { return entry.second->is_stopped() && entry.second->is_idle(); });
  end_drain_if_idle();
  set_timer();
}

void Dispatcher::State::end_drain_if_idle() {
  if (!drained_ || !pushers_.empty()) return;
  office_.home.post(std::exchange(drained_, nullptr));
}

// A timer that is set for earlier may stay: it finds nothing to do, and sets the next.
void Dispatcher::State::set_timer() {
  std::optional<base::MonoTime> next;
  for (const auto& [path, pusher] : pushers_) {
    const auto its = pusher->next_step();
    if (its && (!next || *its < *next)) next = its;
  }
  if (!next || (timer_ && timer_at_ <= *next)) return;
  timer_at_ = *next;
  const auto delay = std::chrono::ceil<std::chrono::milliseconds>(*next - office_.home.now().mono);
  timer_ = office_.home.after(std::max(delay, std::chrono::milliseconds{0}), [this] {
    timer_.reset();
    step_all();
  });
}

std::array<std::uint64_t, kTriedCount> Dispatcher::State::tried() const {
  std::array<std::uint64_t, kTriedCount> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = office_.tried[i].load(std::memory_order_relaxed);
  return out;
}

std::vector<PushView> Dispatcher::State::routes() const {
  std::vector<PushView> out;
  const std::lock_guard lock(mutex_);
  for (const auto& gauge : gauges_) {
    const std::size_t pushing = gauge->pushing;
    const std::size_t held = gauge->held;
    out.push_back({.path = gauge->path,
                   .breaker_open = gauge->breaker_open,
                   .pushing = pushing,
                   .reporting = held - std::min(held, pushing)});
  }
  return out;
}

Dispatcher::Dispatcher(Home& home, Store& store, Sink& sink, PushWatch watch)
    : state_(std::make_shared<State>(home, store, sink, std::move(watch))) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::use(std::vector<PushRoute> routes) {
  state_->use(std::move(routes));
}

void Dispatcher::on_added(std::string_view route) {
  state_->on_added(route);
}

void Dispatcher::drain(std::function<void()> done) {
  state_->drain(std::move(done));
}

std::array<std::uint64_t, kTriedCount> Dispatcher::tried() const {
  return state_->tried();
}

std::vector<PushView> Dispatcher::routes() const {
  return state_->routes();
}

}  // namespace callgate::delivery
