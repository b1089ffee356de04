// SPDX-License-Identifier: Apache-2.0
#include "slow_clients.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <callgate/json/writer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>

#include "answer_reader.hpp"
#include "callbacks.hpp"
#include "histogram.hpp"
#include "transport.hpp"

namespace callgate::load {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;
using std::chrono::duration_cast;

enum class Kind : std::uint8_t { idle, slow_head, slow_body };
constexpr std::array<const char*, 3> kNames{"idle", "slow_head", "slow_body"};

struct Counts {
  std::int64_t opened = 0, refused = 0, open_at_end = 0;
  std::map<int, std::int64_t> answered;
  Histogram closed;  // from the established connection to its end
};

struct Client {
  Kind kind = Kind::idle;
  std::optional<Transport> transport;
  bool established = false;
  std::size_t sent = 0;
  std::size_t free_bytes = 0;  // sent at once; the rest goes byte by byte
  std::string received;
  Clock::time_point opened, next_byte;
};

class SlowClients {
 public:
  SlowClients(const SlowOptions& options, std::string request)
      : options_(options),
        request_(std::move(request)),
        tls_(options.target.tls ? make_tls_context() : nullptr),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        interval_(duration_cast<Clock::duration>(duration<double>(options.interval_seconds))) {
    add(Kind::idle, options.idle);
    add(Kind::slow_head, options.slow_head);
    add(Kind::slow_body, options.slow_body);
  }
  ~SlowClients() { close(epoll_); }
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;

  std::string run() {
    const auto start = Clock::now();
    const auto end = start + duration_cast<Clock::duration>(duration<double>(options_.seconds));
    std::size_t opened = 0;
    for (auto now = start; now < end && (opened < clients_.size() || open_ > 0); now = Clock::now()) {
      const double due = options_.open_rate * duration<double>(now - start).count();
      while (opened < clients_.size() && static_cast<double>(opened) < due) open(opened++);
      if (now >= next_sweep_) send_bytes(now);
      take_events();
    }
    for (const Client& client : clients_) {
      if (client.transport && client.established) ++counts(client).open_at_end;
    }
    return to_json();
  }

 private:
  void add(Kind kind, unsigned count) {
    for (unsigned i = 0; i < count; ++i) clients_.emplace_back().kind = kind;
  }
  Counts& counts(const Client& client) { return counts_[static_cast<std::size_t>(client.kind)]; }

  void open(std::size_t number) {
    Client& client = clients_[number];
    client.transport.emplace(options_.target, tls_, static_cast<unsigned>(number), epoll_, number);
    ++open_;
    drive(client);
  }

  void drive(Client& client) {
    if (!client.transport) return;
    if (!client.established) {
      const Step step = client.transport->establish();
      if (step == Step::later) return;
      if (step != Step::done) {
        ++counts(client).refused;
        return forget(client);
      }
      client.established = true;
      ++counts(client).opened;
      client.opened = client.next_byte = Clock::now();
      if (client.kind == Kind::slow_body) client.free_bytes = request_.find("\r\n\r\n") + 4;
    }
    const Step step = client.transport->receive(client.received);
    if (const auto answer = take_answer(client.received)) ++counts(client).answered[answer->status];
    if (step == Step::later) return;
    counts(client).closed.count(Clock::now() - client.opened);
    forget(client);
  }

  void forget(Client& client) {
    client.transport.reset();
    --open_;
  }

  void send_bytes(Clock::time_point now) {
    next_sweep_ = now + std::chrono::milliseconds(100);
    for (Client& client : clients_) {
      if (!client.transport || !client.established || client.kind == Kind::idle || client.next_byte > now)
        continue;
      const std::size_t end = client.sent < client.free_bytes ? client.free_bytes : client.sent + 1;
      client.next_byte = now + interval_;
      if (end < request_.size())
        client.transport->send(std::string_view(request_).substr(0, end), client.sent);
    }
  }

  void take_events() {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 5);
    for (int i = 0; i < count; ++i) drive(clients_[events[static_cast<std::size_t>(i)].data.u64]);
  }

  std::string to_json() const {
    json::Writer out;
    out.begin_object().member("seconds", options_.seconds).member("tls", options_.target.tls);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const Counts& counts = counts_[i];
      out.name(kNames[i]).begin_object().member("opened", counts.opened).member("refused", counts.refused);
      out.member("closed_by_server", static_cast<std::int64_t>(counts.closed.total()));
      out.member("open_at_end", counts.open_at_end).name("answers").begin_object();
      for (const auto& [status, times] : counts.answered) out.member(std::to_string(status), times);
      out.end_object().name("closed_after_seconds").begin_object();
      out.member("first", counts.closed.milliseconds_at(0) / 1000);
      out.member("p50", counts.closed.milliseconds_at(0.5) / 1000);
      out.member("p99", counts.closed.milliseconds_at(0.99) / 1000);
      out.member("last", counts.closed.max_milliseconds() / 1000).end_object().end_object();
    }
    return out.end_object().take();
  }

  const SlowOptions& options_;
  const std::string request_;
  const std::shared_ptr<SSL_CTX> tls_;
  const int epoll_;
  const Clock::duration interval_;
  std::deque<Client> clients_;
  std::array<Counts, 3> counts_;
  std::size_t open_ = 0;
  Clock::time_point next_sweep_{};
};

}  // namespace

std::string run_slow_clients(const SlowOptions& options) {
  std::string request =
      "POST " + options.path + " HTTP/1.1\r\nHost: gate.example\r\nX-Slow: " + std::string(200, 's');
  if (!options.tokens_file.empty()) {
    const auto callbacks = make_callbacks(options.path, options.tokens_file, {}, false);
    if (!callbacks) return {};
    request = callbacks->good.front();
  }
  return SlowClients(options, std::move(request)).run();
}

}  // namespace callgate::load
