// SPDX-License-Identifier: Apache-2.0
#include "push_lane.hpp"

#include <utility>

namespace callgate::gateway {
namespace {

// Of one application; how many pushes there are at once is the routes' to say (push_parallel_max).
constexpr std::size_t kConnectionsMax = 4096;

std::string about(const delivery::Tried& tried) {
  const delivery::Stored& stored = tried.stored;
  return "event=" + stored.event.key + " route=" + stored.passage.route +
         " attempt=" + std::to_string(tried.attempt) + " answer=" + tried.note +
         " request=" + stored.passage.request_id;
}

}  // namespace

// The lane's loop, as the dispatcher asks for it.
class PushLane::Loop final : public delivery::Home {
 public:
  Loop(net::Worker& worker, const base::Clock& clock) : worker_(worker), clock_(clock) {}

  void post(std::function<void()> work) override { worker_.post(std::move(work)); }
  std::shared_ptr<void> after(std::chrono::milliseconds delay, std::function<void()> work) override {
    return worker_.after(delay, std::move(work));
  }
  delivery::Moment now() const override { return {clock_.wall(), clock_.mono()}; }
  double chance() override { return std::uniform_real_distribution<double>(0, 1)(random_); }

 private:
  net::Worker& worker_;
  const base::Clock& clock_;
  std::minstd_rand random_{std::random_device{}()};
};

PushLane::PushLane(const base::Clock& clock, Log& log)
    : clock_(clock), log_(log), loop_(std::make_unique<Loop>(worker_, clock)) {
  worker_.keep_running();
}

PushLane::~PushLane() {
  stop();
}

void PushLane::start(delivery::Store& store) {
  sink_.emplace(worker_, clock_, kConnectionsMax);
  dispatcher_.emplace(*loop_, store, *sink_, watch());
  thread_ = std::thread([this] { worker_.run(); });
}

void PushLane::stop() {
  worker_.stop();
  if (thread_.joinable()) thread_.join();
  dispatcher_.reset();
  sink_.reset();
}

void PushLane::use(std::vector<delivery::PushRoute> routes,
                   std::map<std::string, sink_http::Upstream> upstreams) {
  // Before the dispatcher looks: what is added from now on and not seen by that look is told of.
  has_routes_ = !routes.empty();
  worker_.post([this, routes = std::move(routes), upstreams = std::move(upstreams)] {
    sink_->use(upstreams);
    dispatcher_->use(routes);
  });
}

void PushLane::on_added(const std::string& route) {
  if (!has_routes_) return;
  // Through the loop: after stop() there is nobody there.
  worker_.post([this, route] { dispatcher_->on_added(route); });
}

std::future<void> PushLane::drain() {
  auto drained = std::make_shared<std::promise<void>>();
  auto future = drained->get_future();
  worker_.post([this, drained] { dispatcher_->drain([drained] { drained->set_value(); }); });
  return future;
}

std::vector<std::pair<std::string, std::uint64_t>> PushLane::tried() const {
  std::vector<std::pair<std::string, std::uint64_t>> rows;
  const auto counts = dispatcher_->tried();
  for (std::size_t i = 0; i < counts.size(); ++i)
    rows.emplace_back(delivery::to_text(static_cast<delivery::Tried::What>(i)), counts[i]);
  return rows;
}

delivery::PushWatch PushLane::watch() {
  delivery::PushWatch watch;
  watch.tried = [this](const delivery::Tried& tried) {
    if (tried.what == delivery::Tried::What::again)
      log_.message_of_request(Level::warning, "push: not taken, tried again later: " + about(tried));
    if (tried.what == delivery::Tried::What::dead)
      log_.message_of_request(Level::error,
                              "push: given up, see callgate inbox list --state dead: " + about(tried));
  };
  watch.breaker = [this](const std::string& application, bool open) {
    log_.message(open ? Level::warning : Level::info,
                 open ? "push: the application at " + application +
                            " is ill; one try at a time, over all its routes, until it is well"
                      : "push: the application at " + application + " is well again");
  };
  watch.trouble = [this](const std::string& message) { log_.message(Level::error, "push: " + message); };
  return watch;
}

}  // namespace callgate::gateway
