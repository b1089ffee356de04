// SPDX-License-Identifier: Apache-2.0
// An application of the forwarding test: answers each request with what it received of it. The answer is one
// line of JSON, {"method", "target", "fields": [[name, value], ...]}, and behind it the body as it came.
// Bytes of fields past ASCII are shown as the characters of those numbers.
#include <callgate/json/writer.hpp>
#include <callgate/net/server.hpp>
#include <callgate/net/worker.hpp>
#include <csignal>
#include <cstdio>
#include <string>

namespace {

using namespace callgate;

constexpr std::size_t kBodyBytesMax = std::size_t{2} << 20;

std::string as_characters(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

http::Response mirror(const http::RequestHead& head, const std::string& body) {
  json::Writer out;
  out.begin_object()
      .member("method", std::string_view(head.method))
      .member("target", std::string_view(head.target))
      .name("fields")
      .begin_array();
  for (const http::Field& field : head.headers.fields()) {
    out.begin_array().string(as_characters(field.name)).string(as_characters(field.value)).end_array();
  }
  out.end_array().end_object();
  return {200, {{"Content-Type", "application/octet-stream"}}, out.take() + "\n" + body};
}

void handle(const std::shared_ptr<net::Exchange>& exchange) {
  exchange->read_body(kBodyBytesMax, [exchange](const refusal::Judged<std::string>& body) {
    exchange->answer(body ? mirror(exchange->head(), *body) : http::Response{413, {}, {}});
  });
}

}  // namespace

int main() {
  net::Worker worker;
  auto listener = net::Listener::bind({"127.0.0.1", 0}, 1);
  if (!listener) {
    std::fprintf(stderr, "mirror: %s\n", listener.error().message.c_str());
    return 2;
  }
  std::signal(SIGTERM, [](int) { std::_Exit(0); });
  net::Server server(worker, *listener, 0, net::ServerOptions{}, handle,
                     [](const refusal::Refusal&, const http::Address&) {
                       return http::Response{400, {}, {}};
                     });
  worker.keep_running();
  std::printf("ready listen=%s\n", listener->where().text().c_str());
  std::fflush(stdout);
  worker.run();
  return 0;
}
