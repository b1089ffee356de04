// SPDX-License-Identifier: Apache-2.0
// Takes Call Automation's callbacks over Boost.Beast and lets in the genuine ones.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/keys_http/live_keys.hpp>
#include <charconv>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

namespace {

using namespace callgate;
namespace beast = boost::beast;
using boost::asio::ip::tcp;
using Request = beast::http::request<beast::http::string_body>;
using Response = beast::http::response<beast::http::string_body>;

constexpr std::uint64_t kBodyBytesMax = 1 << 20;
constexpr std::chrono::seconds kPatience{30};  // for one request to arrive, for one answer to leave

// What every connection needs; outlives them all.
struct Site {
  gate::Provider provider;
  keys_http::LiveKeys keys;
};

http::Headers headers_of(const Request& request) {
  http::Headers headers;
  for (const auto& field : request) headers.add(std::string(field.name_string()), std::string(field.value()));
  return headers;
}

unsigned status_of(refusal::Reason reason) {
  using enum refusal::Reason;
  if (gate::decision_of(reason) == gate::Decision::retry_later) return 503;  // our fault: send it again
  return reason == event_malformed || reason == content_type_unsupported ? 400 : 401;
}

Response answer(const Request& request, Site& site) {
  Response response(beast::http::status::ok, request.version());
  response.keep_alive(request.keep_alive());
  const std::string_view target(request.target().data(), request.target().size());
  if (request.method() != beast::http::verb::post || target.substr(0, target.find('?')) != "/api/callback") {
    response.result(beast::http::status::not_found);
    return response;
  }
  const auto set = site.keys.current();
  const auto verdict =
      gate::judge(headers_of(request), request.body(), site.provider, set.get(), base::system_clock().wall());
  if (!verdict) {
    if (verdict.error().reason == refusal::Reason::key_unknown) site.keys.report_unknown_kid();
    response.result(status_of(verdict.error().reason));
    response.body() = verdict.error().detail + "\n";
    return response;
  }
  for (const auto& event : verdict->batch.events) std::printf("event %s\n", json::quote(event.type).c_str());
  response.set(beast::http::field::content_type, "application/json");
  response.body() = R"({"success":true})";
  return response;
}

// One connection; keeps itself alive while something is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Site& site) : stream_(std::move(socket)), site_(site) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(kBodyBytesMax);
    stream_.expires_after(kPatience);
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->write();
                            });
  }

 private:
  void write() {
    response_ = answer(parser_->get(), site_);
    response_.prepare_payload();
    stream_.expires_after(kPatience);
    beast::http::async_write(stream_, response_,
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (!error && self->response_.keep_alive()) self->read();
                             });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  Response response_;
  Site& site_;
};

void accept(tcp::acceptor& acceptor, Site& site) {
  acceptor.async_accept([&](beast::error_code error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket), site)->read();
    accept(acceptor, site);
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string_view port_text = argc > 2 ? argv[2] : "8080";
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (argc < 2 || argc > 4 || parsed.ec != std::errc{}) {
    return std::fputs("usage: webhook-beast AUDIENCE [PORT [ISSUER]]\n", stderr), 2;
  }
  const bool emulated = argc > 3;  // by an issuer on this machine, which has no TLS
  const auto preset = emulated ? policy::call_automation(argv[3]) : policy::call_automation();
  Site site{{preset.name, preset.algorithms, preset.rules},
            keys_http::LiveKeys({preset.rules.issuer, preset.discovery, emulated})};
  site.provider.rules.audiences = {argv[1]};  // the immutable resource ID

  boost::asio::io_context loop(1);
  tcp::acceptor acceptor(loop, {boost::asio::ip::address_v4::loopback(), port});
  accept(acceptor, site);
  std::printf("webhook-beast ready listen=127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  loop.run();
} catch (const std::exception& error) {
  std::fprintf(stderr, "webhook-beast: %s\n", error.what());
  return 2;
}
