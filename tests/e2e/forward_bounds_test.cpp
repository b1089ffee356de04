// SPDX-License-Identifier: Apache-2.0
// Bounds of what passes through: bodies towards the application, its answers, and the time a sender may take
// to read them.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

constexpr std::size_t kBodyMost = std::size_t{1} << 20;    // [server.limits] body_bytes_max
constexpr std::size_t kAnswerMost = std::size_t{8} << 20;  // net::ClientLimits::body_bytes_max

// Answers with as many bytes as the field X-Size says; counts requests.
class Application {
 public:
  Application()
      : server_([this](std::shared_ptr<net::Exchange> exchange) {
          net::Exchange& e = *exchange;
          ++requests_;
          e.read_body(kBodyMost, [exchange = std::move(exchange)](const refusal::Judged<std::string>&) {
            const auto size = exchange->head().headers.find("X-Size").value_or("0");
            exchange->answer({200, {}, std::string(std::stoul(std::string(size)), 'a')});
          });
        }) {}
  std::string url() const { return server_.url(); }
  int requests() const { return requests_; }

 private:
  std::atomic<int> requests_{0};
  LocalServer server_;
};

class ForwardBounds : public testing::Test {
 protected:
  Gateway start(const std::string& limits = {}) {
    const std::string file = folder_.write("callgate.toml", "[server.limits]\n" + limits);
    return Gateway::with(gateway_flags(
        issuer_.url(), {"--config", file, "--upstream", application_.url(), "--replay", "off"}));
  }
  http::Headers asking_for(std::size_t bytes) const {
    http::Headers headers = bearer(issuer_.token());
    headers.add("X-Size", std::to_string(bytes));
    return headers;
  }
  // An event whose text has this many bytes.
  static std::string event_of(std::size_t bytes) {
    const std::string event = event_body();
    return event + std::string(bytes - event.size(), ' ');
  }
  static std::string chunked(const std::string& body) {
    std::string text;
    for (std::size_t at = 0; at < body.size(); at += 0x8000) {
      const std::string part = body.substr(at, 0x8000);
      std::array<char, 8> size{};
      const int length = std::snprintf(size.data(), size.size(), "%zx", part.size());
      text.append(size.data(), static_cast<std::size_t>(length)).append("\r\n").append(part).append("\r\n");
    }
    return text + "0\r\n\r\n";
  }

  TestIssuer issuer_;
  const Folder folder_;
  Application application_;
};

TEST_F(ForwardBounds, AnAnswerPastItsBoundIs502) {
  Gateway gateway = start();
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer whole = post(gateway.address(), kPath, asking_for(kAnswerMost), event_body());
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body.size(), kAnswerMost);
  const Answer refused = post(gateway.address(), kPath, asking_for(kAnswerMost + 1), event_body());
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.reason(), "upstream_unreachable");
  EXPECT_EQ(post(gateway.address(), kPath, asking_for(3), event_body()).body, "aaa") << "the next is well";
  EXPECT_EQ(application_.requests(), 3);
}

TEST_F(ForwardBounds, ABodyPastItsBoundReachesNobody) {
  Gateway gateway = start();
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(post(gateway.address(), kPath, asking_for(0), event_of(kBodyMost)).status, 200);
  EXPECT_EQ(application_.requests(), 1);
  EXPECT_EQ(post(gateway.address(), kPath, asking_for(0), event_of(kBodyMost + 1)).status, 413);
  std::string head = post_text(kPath, asking_for(0), "");
  const std::size_t length = head.find("Content-Length: 0\r\n");
  ASSERT_NE(length, std::string::npos);
  head.replace(length, std::string("Content-Length: 0").size(), "Transfer-Encoding: chunked");
  EXPECT_EQ(request(gateway.address(), head + chunked(event_of(kBodyMost))).status, 200);
  EXPECT_EQ(request(gateway.address(), head + chunked(event_of(kBodyMost + 1))).status, 413);
  EXPECT_EQ(application_.requests(), 2);
}

TEST_F(ForwardBounds, ASenderThatDoesNotReadALargeAnswerIsCutOff) {
  Gateway gateway = start("write_timeout = \"200ms\"\n");
  ASSERT_TRUE(gateway.becomes_ready());
  Wire lazy(gateway.address());
  lazy.send(post_text(kPath, asking_for(kAnswerMost), event_body()));
  // Counted once the answer is ready; the connection goes when it was not taken in time.
  const auto metrics = [&] {
    return request(gateway.admin(), "GET /metrics HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n\r\n").body;
  };
  while (metrics().find("verdict=\"admit\",reason=\"-\"} 1\n") == std::string::npos) {
  }
  while (metrics().find("callgate_connections 0\n") == std::string::npos) {
  }
  EXPECT_LT(lazy.receive().body.size(), kAnswerMost) << "more than the kernel holds";
  EXPECT_EQ(post(gateway.address(), kPath, asking_for(3), event_body()).body, "aaa");
}

}  // namespace
}  // namespace callgate::e2e
