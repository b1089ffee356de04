// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/net/server.hpp>

#include <future>
#include <optional>
#include <thread>

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
        [](const refusal::Refusal&) {
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
}

}  // namespace
}  // namespace callgate::keys_http
