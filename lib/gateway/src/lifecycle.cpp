// SPDX-License-Identifier: Apache-2.0
#include <sys/signal.h>

#include <algorithm>
#include <callgate/gateway/lifecycle.hpp>
#include <callgate/net/server.hpp>
#include <callgate/replay/memory_ledger.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "certificates.hpp"
#include "descriptors.hpp"
#include "lane.hpp"
#include "log.hpp"
#include "open_store.hpp"
#include "operations.hpp"
#include "registry.hpp"
#include "supervisor.hpp"

namespace callgate::gateway {
namespace {

using config::ServeSettings;
using SettingsPtr = std::shared_ptr<const ServeSettings>;

constexpr std::chrono::microseconds kTick{1'000'000};
constexpr unsigned kTicksBetweenClockJudgements = 60;
constexpr std::chrono::milliseconds kNewKeysPatience{5'000};
constexpr std::chrono::milliseconds kPushesPatience{16'000};  // one push takes no longer, unless configured
constexpr std::size_t kUsesLookedAtInATick = 10'000;          // claims look as well

// Signals are taken on the main thread alone; every thread made after this inherits the mask.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The next signal, or 0 when `patience` is over.
int wait_for_signal(const sigset_t& signals, std::chrono::microseconds patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  const timespec time{.tv_sec = seconds.count(), .tv_nsec = (patience - seconds).count() * 1'000};
  const int signal = sigtimedwait(&signals, nullptr, &time);
  return signal > 0 ? signal : 0;
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

LogSettings log_settings(const ServeSettings& settings) {
  return {.json = settings.log_json,
          .least_level = settings.log_level,
          .verdicts_per_second_max = settings.log_verdicts_per_second_max};
}

std::vector<std::string> pinned_files(const ServeSettings& settings) {
  std::vector<std::string> files;
  for (const config::ProviderSettings& provider : settings.providers) {
    if (!provider.keys_file.empty()) files.push_back(provider.keys_file);
  }
  return files;
}

// The process from its listening sockets to its drain: construct, start, run, drain. Main thread.
class Gateway {
 public:
  Gateway(SettingsPtr settings, const ReadAgain& read_again)
      : read_again_(read_again),
        log_(log_settings(*settings)),
        verdicts_(settings->server.verdicts_kept),
        certificates_(log_),
        registry_(log_, slots_,
                  [this](const std::shared_ptr<const Judging>& judging) {
                    for (const auto& lane : lanes_) lane->use(judging);
                    if (inbox_) inbox_->use(judging);
                  }),
        operations_(registry_, lanes_, slots_, log_, verdicts_, connections_),
        settings_(std::move(settings)) {}

  ~Gateway() {
    admin_.reset();
    for (const auto& lane : lanes_) lane->stop();
    inbox_.reset();  // tells what it still has to tell: nobody listens any more
  }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  int run(const sigset_t& signals) {
    if (auto started = start(); !started) {
      log_.message(Level::error, "cannot start: " + started.error().message);
      return 2;
    }
    announce();
    supervisor_.ready();
    serve_until_told(signals);
    supervisor_.stopping();
    end_at_once_on_signal(signals);
    drain();
    return 0;
  }

 private:
  base::Result<void> start() {
    warn(*settings_);
    if (auto used = certificates_.use(settings_->server.tls); !used) return used;
    auto listener = net::Listener::bind(settings_->server.listen, settings_->server.workers);
    if (!listener) return tl::unexpected(listener.error());
    listener_ = std::move(*listener);
    if (settings_->server.admin) {
      auto bound = net::Listener::bind(*settings_->server.admin, 1);
      if (!bound) return tl::unexpected(bound.error());
      admin_listener_ = std::move(*bound);
    }
    uses_.emplace(replay::MemoryLedger::Settings{.records_max = settings_->replay_records_max});
    if (auto opened = open_inbox(); !opened) return opened;
    operations_.watch(*uses_, inbox_.get());
    for (std::size_t i = 0; i < settings_->server.workers; ++i)
      lanes_.push_back(std::make_unique<Lane>(log_, verdicts_, *uses_, inbox_.get(), *listener_, i));
    tell_lanes_how_to_serve();
    watch_ = FileWatch(pinned_files(*settings_));
    if (auto used = registry_.use(settings_, std::chrono::milliseconds{0}); !used) return used;
    for (const auto& lane : lanes_) lane->start();
    operations_.set_listen(listener_->where().text());
    if (admin_listener_) {
      admin_.emplace(*admin_listener_,
                     admin::SiteSettings{admin_listener_->where(), settings_->server.admin_token},
                     operations_);
    }
    return {};
  }

  base::Result<void> open_inbox() {
    if (settings_->inbox.path.empty()) return {};
    auto store = open_store(settings_->inbox, base::system_clock());
    if (!store) return tl::unexpected(store.error());
    inbox_ = std::make_unique<Inbox>(std::move(*store), base::system_clock(), log_);
    inbox_->count();
    return {};
  }

  void announce() const {
    std::printf("callgate ready listen=%s admin=%s\n", listener_->where().text().c_str(),
                admin_listener_ ? admin_listener_->where().text().c_str() : "off");
    std::fflush(stdout);
  }

  void warn(const ServeSettings& settings) {
    const std::size_t fit =
        connections_that_fit(settings.server.limits.connections_max, descriptors_, forwards());
    if (fit < settings.server.limits.connections_max) {
      log_.message(Level::warning,
                   "limits: at most " + std::to_string(fit) +
                       " connections at once, so that descriptors are left for keys and administration;"
                       " raise the limit of open files (LimitNOFILE, ulimit -n)");
    }
    for (const config::RouteSettings& route : settings.routes) {
      if (!route.shadow) continue;
      log_.message(Level::warning, "shadow: route " + route.path +
                                       " passes on everything, genuine or not; the application must still "
                                       "check by itself; take shadow out to refuse");
    }
    for (const std::string& warning : settings.warnings) log_.message(Level::warning, warning);
    for (const config::ProviderSettings& provider : settings.providers) {
      for (const std::string& warning : provider.warnings) log_.message(Level::warning, warning);
    }
  }

  void tell_lanes_how_to_serve() {
    const config::ServerSettings& server = settings_->server;
    http::Limits limits = server.limits;
    limits.connections_max = connections_that_fit(limits.connections_max, descriptors_, forwards());
    const net::ServerOptions options{
        .limits = limits,
        .tls = certificates_.context(),
        .trusted_proxies = server.trusted_proxies,
        .proxy_protocol = server.proxy_protocol,
        .connections = connections_,
        .on_lost = [this](const http::Address& peer, std::string_view why) {
          log_.message_of_request(Level::info, "connection: from " + peer.text() + ": " + std::string(why));
        }};
    for (const auto& lane : lanes_) lane->use(options);
  }

  bool forwards() const {
    return std::any_of(settings_->routes.begin(), settings_->routes.end(),
                       [](const config::RouteSettings& route) { return route.upstream.has_value(); });
  }

  // Until SIGTERM or SIGINT.
  void serve_until_told(const sigset_t& signals) {
    const auto pause = std::min(kTick, supervisor_.watchdog_pause().value_or(kTick));
    for (unsigned ticks = 0;; ++ticks) {
      const int signal = wait_for_signal(signals, pause);
      if (signal == SIGTERM || signal == SIGINT) return;
      if (signal == SIGHUP) {
        supervisor_.reloading();
        reload();
        supervisor_.ready();
      }
      look_after_files();
      log_.tell_left_out();
      uses_->prune({base::system_clock().wall(), base::system_clock().mono()}, kUsesLookedAtInATick);
      if (inbox_) inbox_->count();
      if (ticks % kTicksBetweenClockJudgements == 0) registry_.judge_clocks();
      if (supervisor_.watchdog_pause() && all_lanes_are_alive()) supervisor_.alive();
    }
  }

  void look_after_files() {
    if (certificates_.reload_if_changed()) tell_lanes_how_to_serve();
    if (watch_.has_changed()) registry_.reload_pinned_keys();
  }

  bool all_lanes_are_alive() {
    return std::count_if(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->is_alive(); }) ==
           static_cast<std::ptrdiff_t>(lanes_.size());
  }

  // All or nothing: the first thing that fails leaves everything as it was.
  void reload() {
    auto read = read_again_();
    if (!read) return keep_old(read.error().text);
    const auto settings = std::make_shared<const ServeSettings>(std::move(*read));
    if (!settings->inbox.path.empty() && inbox_ == nullptr)
      return keep_old("an inbox is opened at the start alone: restart, or leave [inbox] out");
    Certificates certificates = certificates_;
    if (auto used = certificates.use(settings->server.tls); !used) return keep_old(used.error().message);
    const std::vector<std::string> pinned = pinned_files(*settings);
    for (const std::string& file : pinned) {
      if (auto keys = load_key_file(file); !keys) return keep_old(keys.error().message);
    }
    FileWatch watch(pinned);
    if (auto used = registry_.use(settings, kNewKeysPatience); !used) return keep_old(used.error().message);
    registry_.reload_pinned_keys();
    certificates_ = std::move(certificates);
    watch_ = std::move(watch);
    const SettingsPtr old = std::exchange(settings_, settings);
    log_.use(log_settings(*settings));
    verdicts_.use(settings->server.verdicts_kept);
    tell_lanes_how_to_serve();
    warn(*settings);
    warn_of_what_needs_a_restart(*old);
    registry_.judge_clocks();
    log_.message(Level::info, "reload: the new configuration is in force");
  }

  void keep_old(const std::string& why) {
    log_.message(Level::error, "reload: refused, the old configuration stays in force");
    std::istringstream lines(why);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) log_.message(Level::error, "reload: " + line);
    }
  }

  void warn_of_what_needs_a_restart(const ServeSettings& old) {
    const config::ServerSettings& before = old.server;
    const config::ServerSettings& now = settings_->server;
    const auto where = [](const std::optional<http::Endpoint>& endpoint) {
      return endpoint ? endpoint->text() : "off";
    };
    std::string what;
    if (before.listen.text() != now.listen.text()) what += " listen";
    if (before.workers != now.workers) what += " workers";
    if (!(old.inbox == settings_->inbox)) what += " inbox";
    if (old.replay_records_max != settings_->replay_records_max) what += " replay.records_max";
    if (where(before.admin) != where(now.admin)) what += " admin";
    if (before.admin_token.reveal() != now.admin_token.reveal()) what += " admin_token_file";
    if (!what.empty())
      log_.message(Level::warning, "reload: changed, but taken up only by a restart:" + what);
  }

  void drain() {
    operations_.set_draining();
    std::vector<std::future<void>> drained;
    for (const auto& lane : lanes_) drained.push_back(lane->drain(settings_->server.drain_timeout));
    log_.message(Level::info, "draining: no new connections, requests in flight are finished");
    for (auto& future : drained) future.wait();
    for (const auto& lane : lanes_) lane->stop();
    // What is not told to the store in time is pushed once more after the next start.
    if (inbox_) inbox_->drain().wait_for(kPushesPatience);
    log_.tell_left_out();
    log_.message(Level::info, "stopped");
  }

  const ReadAgain read_again_;
  Log log_;
  VerdictBook verdicts_;
  const Supervisor supervisor_{config::read_supervision()};
  const std::size_t descriptors_ = raise_descriptor_limit();
  const std::shared_ptr<net::ConnectionCount> connections_ = net::make_connection_count();
  Slots slots_;
  std::optional<net::Listener> listener_;
  std::optional<net::Listener> admin_listener_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::optional<replay::MemoryLedger>
      uses_;                      // of tokens; goes before the lanes, whose callbacks may wait in it
  std::unique_ptr<Inbox> inbox_;  // null: no route delivers there
  Certificates certificates_;
  Registry registry_;
  Operations operations_;
  SettingsPtr settings_;
  FileWatch watch_;  // of pinned keys
  std::optional<AdminLane> admin_;
};

}  // namespace

int serve(const config::ServeSettings& settings, const ReadAgain& read_again) {
  const sigset_t signals = block_signals();
  Gateway gateway(std::make_shared<const ServeSettings>(settings), read_again);
  return gateway.run(signals);
}

}  // namespace callgate::gateway
