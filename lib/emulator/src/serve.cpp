// SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <callgate/base/clock.hpp>
#include <callgate/digest/base64.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/net/server.hpp>
#include <callgate/net/worker.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "endpoints.hpp"
#include "issuer.hpp"
#include "problem.hpp"

namespace callgate::emulator {
namespace {

constexpr std::chrono::milliseconds kDrainDeadline{1'000};
constexpr std::size_t kAccessKeyBytes = 32;

// Blocked before any thread starts, so that every thread inherits it and only wait_for_signal() gets them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
}

// Rotates at a steady pace. On the worker's thread, as Endpoints.
class Rotation {
 public:
  Rotation(net::Worker& worker, Issuer& issuer, std::chrono::milliseconds every)
      : worker_(worker), issuer_(issuer), every_(every) {
    arm();
  }

 private:
  void arm() {
    timer_ = worker_.after(every_, [this] {
      if (const auto kid = issuer_.rotate(); !kid)
        fmt::print(stderr, "callgate-emulator: {}\n", kid.error().message);
      arm();
    });
  }

  net::Worker& worker_;
  Issuer& issuer_;
  const std::chrono::milliseconds every_;
  std::shared_ptr<void> timer_;
};

void print_ready(const http::Endpoint& where, std::string_view audience) {
  fmt::print("callgate-emulator ready listen={} audience={} access-key={}\n", where.text(), audience,
             digest::encode_base64(digest::random_bytes(kAccessKeyBytes)));
  std::fflush(stdout);
}

int fail_to_start(const std::string& message) {
  fmt::print(stderr, "callgate-emulator: {}\n", message);
  return 2;
}

}  // namespace

int serve(const ServeSettings& settings) {
  const sigset_t signals = block_signals();
  net::Worker worker;
  auto listener = net::Listener::bind(settings.listen, 1);
  if (!listener) return fail_to_start(listener.error().message);
  const http::Endpoint where = listener->where();
  const std::string issuer_url = settings.base_url.empty() ? "http://" + where.text() : settings.base_url;
  auto issuer = Issuer::make({issuer_url, settings.audience, settings.with_jti}, settings.key_bits,
                             base::system_clock());
  if (!issuer) return fail_to_start(issuer.error().message);

  Endpoints endpoints(worker, base::system_clock(), *issuer);
  net::Server server(
      worker, *listener, 0, net::ServerOptions{},
      [&endpoints](const std::shared_ptr<net::Exchange>& exchange) { endpoints.handle(exchange); },
      [](const refusal::Refusal& refusal, const http::Address& /*peer*/) { return problem(refusal); });
  std::optional<Rotation> rotation;
  if (settings.rotate_every) rotation.emplace(worker, *issuer, *settings.rotate_every);

  worker.keep_running();
  std::thread loop([&worker] { worker.run(); });
  print_ready(where, settings.audience);
  wait_for_signal(signals);
  worker.post([&] { server.drain(kDrainDeadline, [&worker] { worker.stop(); }); });
  loop.join();
  return 0;
}

}  // namespace callgate::emulator
