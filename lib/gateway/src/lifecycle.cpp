// SPDX-License-Identifier: Apache-2.0
#include <callgate/admin/health.hpp>
#include <callgate/gateway/lifecycle.hpp>
#include <callgate/net/server.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "intake.hpp"
#include "key_source.hpp"
#include "log.hpp"
#include "respond.hpp"

namespace callgate::gateway {
namespace {

constexpr std::chrono::seconds kDrainDeadline{30};

// Signals are taken by sigwait on the main thread alone; every thread made after this inherits the mask.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// One event loop with its accepting socket and its intake, on a thread of its own.
class Lane {
 public:
  Lane(const config::ServeSettings& settings, Log& log, net::Listener& listener, std::size_t index,
       std::function<oidc::Refresh()> report_unknown_kid)
      : intake_(settings, base::system_clock(), log, std::move(report_unknown_kid)),
        server_(
            worker_, listener, index, http::Limits{},
            [this](std::shared_ptr<net::Exchange> exchange) { intake_.handle(std::move(exchange)); },
            [this](const refusal::Refusal& refusal) { return intake_.answer_fault(refusal); }) {
    worker_.keep_running();
  }

  void start() {
    thread_ = std::thread([this] { worker_.run(); });
  }
  void use_keys(const oidc::Keys& keys) {
    worker_.post([this, keys] { intake_.use_keys(keys); });
  }
  // The future is set once no connection is left.
  std::future<void> drain() {
    worker_.post([this] { server_.drain(kDrainDeadline, [this] { drained_.set_value(); }); });
    return drained_.get_future();
  }
  void stop() {
    worker_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  net::Worker worker_;
  Intake intake_;
  net::Server server_;
  std::promise<void> drained_;
  std::thread thread_;
};

class AdminLane {
 public:
  AdminLane(net::Listener& listener, const KeySource& keys)
      : server_(
            worker_, listener, 0, http::Limits{},
            [&keys](const std::shared_ptr<net::Exchange>& exchange) {
              exchange->answer(admin::answer(exchange->head(), {keys.health()}));
            },
            [](const refusal::Refusal& refusal) {
              return http::Response{status_of(refusal.reason), {}, refusal.detail + "\n"};
            }) {
    worker_.keep_running();
    thread_ = std::thread([this] { worker_.run(); });
  }
  ~AdminLane() {
    worker_.stop();
    thread_.join();
  }
  AdminLane(const AdminLane&) = delete;
  AdminLane& operator=(const AdminLane&) = delete;

 private:
  net::Worker worker_;
  net::Server server_;
  std::thread thread_;
};

int refuse_start(Log& log, const std::string& what) {
  log.message(Level::error, "cannot start: " + what);
  return 2;
}

void announce(const net::Listener& listener, const std::optional<net::Listener>& admin) {
  std::printf("callgate ready listen=%s admin=%s\n", listener.where().text().c_str(),
              admin ? admin->where().text().c_str() : "off");
  std::fflush(stdout);
}

// Until SIGTERM or SIGINT; SIGHUP reloads.
void wait_for_the_end(const sigset_t& signals, KeySource& keys, Log& log) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return;
    log.message(Level::info, "SIGHUP: reading the pinned keys again; flags and environment need a restart");
    keys.reload();
  }
}

// A second signal during the drain ends the process at once.
void end_at_once_on_signal(sigset_t signals) {
  sigdelset(&signals, SIGHUP);
  std::thread([signals] {
    int signal = 0;
    sigwait(&signals, &signal);
    std::_Exit(128 + signal);
  }).detach();
}

}  // namespace

int serve(const config::ServeSettings& settings) {
  const sigset_t signals = block_signals();
  Log log(settings.log_json, settings.log_level);
  for (const std::string& warning : settings.provider.warnings) log.message(Level::warning, warning);

  auto listener = net::Listener::bind(settings.listen, settings.workers);
  if (!listener) return refuse_start(log, listener.error().message);
  std::optional<net::Listener> admin_listener;
  if (settings.admin) {
    auto bound = net::Listener::bind(*settings.admin, 1);
    if (!bound) return refuse_start(log, bound.error().message);
    admin_listener = std::move(*bound);
  }

  std::vector<std::unique_ptr<Lane>> lanes;
  KeySource keys(settings, log, [&lanes](const oidc::Keys& set) {
    for (const auto& lane : lanes) lane->use_keys(set);
  });
  for (std::size_t i = 0; i < settings.workers; ++i) {
    lanes.push_back(
        std::make_unique<Lane>(settings, log, *listener, i, [&keys] { return keys.report_unknown_kid(); }));
  }
  if (auto started = keys.start(); !started) return refuse_start(log, started.error().message);
  for (const auto& lane : lanes) lane->start();
  std::optional<AdminLane> admin;
  if (admin_listener) admin.emplace(*admin_listener, keys);
  announce(*listener, admin_listener);

  wait_for_the_end(signals, keys, log);
  end_at_once_on_signal(signals);
  std::vector<std::future<void>> drained;
  drained.reserve(lanes.size());
  for (const auto& lane : lanes) drained.push_back(lane->drain());
  log.message(Level::info, "draining: no new connections, requests in flight are finished");
  for (auto& future : drained) future.wait();
  for (const auto& lane : lanes) lane->stop();
  log.message(Level::info, "stopped");
  return 0;
}

}  // namespace callgate::gateway
