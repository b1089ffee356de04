// SPDX-License-Identifier: Apache-2.0
// An application that gets its callbacks through callgate: every event that arrives here was proved genuine.
// What callgate found out is in the Callgate-* fields; the body is the event, byte for byte as the service
// sent it.
#include <pthread.h>

#include <callgate/http/url.hpp>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/net/server.hpp>
#include <callgate/net/worker.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace callgate;

constexpr std::string_view kDefaultListen = "127.0.0.1:8000";
constexpr std::size_t kBodyBytesMax = std::size_t{1} << 20;

http::Response answer(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

// " Callgate-Provider=acs Callgate-Request-Id=..."
std::string proofs(const http::Headers& headers) {
  std::string out;
  for (const http::Field& field : headers.fields()) {
    if (http::to_lower(field.name).starts_with("callgate-")) out += " " + field.name + "=" + field.value;
  }
  return out;
}

void print_event(const json::Value& event, const std::string& proved) {
  const auto type = event.find("type");
  const std::string text =
      json::quote(type ? type->as_string().value_or("?") : "?");  // one line, whatever it holds
  std::printf("event %s%s\n", text.c_str(), proved.c_str());
}

// One event, or an array of them.
http::Response take(const http::RequestHead& head, const std::string& body) {
  const auto document = json::parse(body);
  if (!document) return answer(400, R"({"received":0})");
  const json::Value root = document->root();
  const auto events = root.is_array() ? root.elements() : std::vector<json::Value>{root};
  const std::string proved = proofs(head.headers);
  for (const json::Value& event : events) print_event(event, proved);
  std::fflush(stdout);
  return answer(200, "{\"received\":" + std::to_string(events.size()) + "}");
}

void handle(const std::shared_ptr<net::Exchange>& exchange) {
  if (exchange->head().method != "POST") {
    http::Response response = answer(405, "{}");
    response.headers.add("Allow", "POST");
    return exchange->answer(std::move(response));
  }
  exchange->read_body(kBodyBytesMax, [exchange](const refusal::Judged<std::string>& body) {
    exchange->answer(body ? take(exchange->head(), *body) : answer(413, "{}"));
  });
}

sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int serve(const http::Endpoint& where) {
  const sigset_t signals = block_signals();
  net::Worker worker;
  auto listener = net::Listener::bind(where, 1);
  if (!listener) {
    std::fprintf(stderr, "example-application: %s\n", listener.error().message.c_str());
    return 2;
  }
  const std::string listen = listener->where().text();
  net::Server server(worker, *listener, 0, net::ServerOptions{}, handle,
                     [](const refusal::Refusal&, const http::Address&) { return answer(400, "{}"); });
  worker.keep_running();
  std::thread loop([&worker] { worker.run(); });
  std::printf("example-application ready listen=%s\n", listen.c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  worker.post([&] { server.drain(std::chrono::seconds{5}, [&worker] { worker.stop(); }); });
  loop.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view flag = argc > 1 ? argv[1] : "--listen";
  const auto where = http::parse_endpoint(argc == 3 ? std::string_view(argv[2]) : kDefaultListen);
  if (flag != "--listen" || argc == 2 || argc > 3 || !where) {
    std::fprintf(stderr, "usage: example-application [--listen HOST:PORT]   (default %s)\n",
                 kDefaultListen.data());
    return 2;
  }
  return serve(*where);
}
