// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/net/server.hpp>

#include <future>
#include <optional>
#include <thread>
#include <tuple>

namespace callgate::keys_http {
namespace {

using namespace std::chrono_literals;
using Cause = oidc::FetchError::Cause;

// A server on loopback that answers every path from one function.
class Pages {
 public:
  using Answer = std::function<std::optional<http::Response>(std::string_view)>;  // nothing: never answers

  explicit Pages(Answer answer) : listener_(*net::Listener::bind({"127.0.0.1", 0}, 1)) {
    server_.emplace(
        worker_, listener_, 0, net::ServerOptions{},
        [this, answer = std::move(answer)](std::shared_ptr<net::Exchange> exchange) {
          auto response = answer(exchange->head().path());
          if (response)
            exchange->answer(std::move(*response));
          else
            held_.push_back(std::move(exchange));
        },
        [](const refusal::Refusal&, const http::Address&) {
          return http::Response{400, {}, {}};
        });
    worker_.keep_running();
    thread_ = std::thread([this] { worker_.run(); });
  }
  ~Pages() {
    worker_.stop();
    thread_.join();
    held_.clear();
  }
  std::uint16_t port() const { return listener_.where().port; }
  std::string url(const std::string& path) const { return "http://" + listener_.where().text() + path; }

 private:
  net::Worker worker_;
  net::Listener listener_;
  std::optional<net::Server> server_;
  std::vector<std::shared_ptr<net::Exchange>> held_;
  std::thread thread_;
};

TEST(CurlFetcher, BringsTheBodyOfA200) {
  Pages pages([](std::string_view path) { return http::Response{200, {}, "page " + std::string(path)}; });
  const auto fetcher = make_curl_fetcher();
  EXPECT_EQ(fetcher->get({.url = pages.url("/a"), .bytes_max = 100})->body, "page /a");
  EXPECT_EQ(fetcher->get({.url = pages.url("/b"), .bytes_max = 100})->body, "page /b");
}

TEST(CurlFetcher, EveryOtherAnswerIsAnErrorThatNamesItsCause) {
  Pages pages([](std::string_view path) -> std::optional<http::Response> {
    if (path == "/moved") return http::Response{302, {{"Location", "/ok"}}, {}};
    if (path == "/missing") return http::Response{404, {}, {}};
    if (path == "/large") return http::Response{200, {}, std::string(101, 'x')};
    if (path == "/slow") return std::nullopt;
    return http::Response{200, {}, "ok"};
  });
  const auto fetcher = make_curl_fetcher({.connect_timeout = 1s, .total_timeout = 100ms});
  EXPECT_EQ(fetcher->get({.url = pages.url("/moved"), .bytes_max = 100}).error().cause, Cause::http_status);
  EXPECT_EQ(fetcher->get({.url = pages.url("/missing"), .bytes_max = 100}).error().cause, Cause::http_status);
  EXPECT_EQ(fetcher->get({.url = pages.url("/large"), .bytes_max = 100}).error().cause, Cause::too_large);
  EXPECT_EQ(fetcher->get({.url = pages.url("/slow"), .bytes_max = 100}).error().cause, Cause::timeout);
  EXPECT_EQ(fetcher->get({.url = "file:///etc/hostname", .bytes_max = 100}).error().cause, Cause::url);
  EXPECT_EQ(fetcher->get({.url = "not a url", .bytes_max = 100}).error().cause, Cause::url);
  EXPECT_EQ(fetcher->get({.url = pages.url("/ok"), .bytes_max = 100})->body, "ok")
      << "works again after errors";
}

TEST(CurlFetcher, NobodyListeningIsAConnectionError) {
  std::string url;
  {
    Pages gone([](std::string_view) { return http::Response{}; });
    url = gone.url("/");
  }
  EXPECT_EQ(make_curl_fetcher()->get({.url = url}).error().cause, Cause::connection);
}

TEST(CurlFetcher, CancelEndsAHangingGet) {
  std::promise<void> asked;
  Pages pages([&](std::string_view) -> std::optional<http::Response> {
    asked.set_value();
    return std::nullopt;
  });
  const auto fetcher = make_curl_fetcher({.connect_timeout = 60s, .total_timeout = 60s});
  std::thread canceller([&] {
    asked.get_future().wait();
    fetcher->cancel();
  });
  EXPECT_EQ(fetcher->get({.url = pages.url("/"), .bytes_max = 100}).error().cause, Cause::cancelled);
  canceller.join();
}

TEST(CurlFetcher, BringsWhatTheCacheNeeds) {
  Pages pages([](std::string_view path) -> std::optional<http::Response> {
    if (path == "/fresh")
      return http::Response{200, {{"ETag", "\"v1\""}, {"Cache-Control", "public, max-age=600"}}, "x"};
    if (path == "/none") return http::Response{200, {{"Cache-Control", "No-Store"}}, "x"};
    if (path == "/odd") return http::Response{200, {{"Cache-Control", "max-age=1h"}}, "x"};
    return http::Response{304, {}, {}};
  });
  const auto fetcher = make_curl_fetcher();
  const auto fresh = fetcher->get({.url = pages.url("/fresh")});
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(fresh->etag, "\"v1\"");
  EXPECT_EQ(fresh->max_age, 600s);
  EXPECT_TRUE(fresh->server_time) << "the server sends a Date";
  EXPECT_EQ(fetcher->get({.url = pages.url("/none")})->max_age, 0s);
  EXPECT_FALSE(fetcher->get({.url = pages.url("/odd")})->max_age);
  EXPECT_TRUE(fetcher->get({.url = pages.url("/same"), .etag = "\"v1\""})->not_modified);
  EXPECT_EQ(fetcher->get({.url = pages.url("/same")}).error().cause, Cause::http_status)
      << "304 to no condition";
}

TEST(CurlFetcher, DoesNotGoToPrivateAddressesThatADocumentNames) {
  Pages pages([](std::string_view) { return http::Response{200, {}, "secret"}; });
  const auto fetcher = make_curl_fetcher();
  EXPECT_EQ(fetcher->get({.url = pages.url("/")})->body, "secret");
  EXPECT_EQ(fetcher->get({.url = pages.url("/"), .public_address_only = true}).error().cause,
            Cause::private_address);
  const std::string port = ":" + std::to_string(pages.port()) + "/";
  for (const char* host : {"localhost", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "0.0.0.0", "[::1]",
                           "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"}) {
    const auto fetched =
        fetcher->get({.url = "http://" + std::string(host) + port, .public_address_only = true});
    ASSERT_FALSE(fetched) << host;
    EXPECT_EQ(fetched.error().cause, Cause::private_address) << host << ": " << fetched.error().message;
  }
}

// A connection that was opened for the operator's own URL is not lent to a document's.
TEST(CurlFetcher, AKeptConnectionIsNoWayRoundTheRule) {
  Pages pages([](std::string_view) { return http::Response{200, {}, "secret"}; });
  const auto fetcher = make_curl_fetcher();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(fetcher->get({.url = pages.url("/")})->body, "secret");
    EXPECT_EQ(fetcher->get({.url = pages.url("/"), .public_address_only = true}).error().cause,
              Cause::private_address);
  }
}

TEST(CurlFetcher, TheProxyIsAskedAndItsOwnAddressMayBePrivate) {
  Pages proxy([](std::string_view) { return http::Response{200, {}, "by proxy"}; });
  const auto fetcher =
      make_curl_fetcher({.proxies = http::Proxies{.http = proxy.url(""), .none = "127.0.0.2"}});
  EXPECT_EQ(fetcher->get({.url = "http://issuer.test/"})->body, "by proxy");
  EXPECT_EQ(fetcher->get({.url = "http://issuer.test/", .public_address_only = true})->body, "by proxy");
  for (const char* url :
       {"http://169.254.169.254/", "http://localhost/", "http://[::1]/", "http://2130706433/"}) {
    EXPECT_EQ(fetcher->get({.url = url, .public_address_only = true}).error().cause, Cause::private_address)
        << url;
  }
  EXPECT_EQ(fetcher->get({.url = "http://127.0.0.2:1/"}).error().cause, Cause::connection)
      << "not by the proxy";
}

// Listens and never answers: its queue of one takes one connection, later ones are not even accepted.
class Deaf {
 public:
  Deaf() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* raw = reinterpret_cast<sockaddr*>(&address_);
    if (bind(listener_, raw, size) != 0 || listen(listener_, 0) != 0 ||
        getsockname(listener_, raw, &size) != 0)
      ADD_FAILURE() << "cannot listen";
  }
  ~Deaf() {
    for (const int one : sockets_) close(one);
    close(listener_);
  }
  Deaf(const Deaf&) = delete;
  Deaf& operator=(const Deaf&) = delete;
  void fill() {
    for (int i = 0; i < 4; ++i) {
      sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      // Does not wait; the last of them find the queue full.
      std::ignore = connect(sockets_.back(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    }
  }
  std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/";
  }

 private:
  int listener_;
  sockaddr_in address_{};
  std::vector<int> sockets_;
};

TEST(CurlFetcher, NeitherConnectingNorTheHandshakeTakesLongerThanItMay) {
  const auto fetcher = make_curl_fetcher({.connect_timeout = 100ms, .total_timeout = 60s});
  Deaf handshake;
  EXPECT_EQ(fetcher->get({.url = handshake.url("https")}).error().cause, Cause::timeout);
  Deaf full;
  full.fill();
  EXPECT_EQ(fetcher->get({.url = full.url("http")}).error().cause, Cause::timeout);
}

TEST(CurlFetcher, ANameThatNobodyKnowsIsAMatterOfDns) {
  // No resolver needs to be asked to know that this is no name.
  EXPECT_EQ(make_curl_fetcher({.proxies = http::Proxies{}})
                ->get({.url = "http://" + std::string(70, 'x') + "/"})
                .error()
                .cause,
            Cause::dns);
}

}  // namespace
}  // namespace callgate::keys_http
