// SPDX-License-Identifier: Apache-2.0
// Thousands of requests over few connections, answered in random order by a server that breaks in every way
// it can: each answer goes to its own request, and no request arrives twice. CALLGATE_SCALE rounds (default
// 1), CALLGATE_SEED for the random choices of the first one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <sstream>

#include "pool_client.hpp"
#include "scripted_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What the server does with a request. The first ones answer.
enum class Plan {
  plain,
  chunked,
  interim,
  before_the_body,
  surplus,         // a whole answer of somebody else behind the right one
  says_close,      // and closes
  closes_quietly,  // answers as if it kept the connection, then closes
  until_close,     // HTTP/1.0
  ends_without_answer,
  resets_without_answer,
  ends_inside,
  resets_inside,
  hangs,
};

struct Share {
  Plan plan;
  unsigned percent;
};
constexpr Share kShares[] = {{Plan::plain, 47},
                             {Plan::chunked, 15},
                             {Plan::interim, 5},
                             {Plan::before_the_body, 5},
                             {Plan::surplus, 5},
                             {Plan::says_close, 4},
                             {Plan::closes_quietly, 4},
                             {Plan::until_close, 3},
                             {Plan::ends_inside, 3},
                             {Plan::resets_inside, 3},
                             {Plan::hangs, 1},
                             {Plan::ends_without_answer, 3},
                             {Plan::resets_without_answer, 2}};

// All that is random about request `id`, known to both sides.
struct Order {
  Order(std::uint64_t seed, std::size_t id) : name("request-" + std::to_string(id)) {
    std::mt19937_64 random(seed * 1'000'003 + id);
    unsigned draw = static_cast<unsigned>(random() % 100);
    for (const auto& share : kShares) {
      if (draw < share.percent) {
        plan = share.plan;
        break;
      }
      draw -= share.percent;
    }
    body = name + ":" + std::string(random() % 8 == 0 ? random() % 60'000 : random() % 200, 'b');
    answer =
        "answer to " + name + ":" + std::string(random() % 8 == 0 ? random() % 60'000 : random() % 200, 'a');
    turns = random() % 8 == 0 ? random() % 200 : random() % 5;
    cut = random();
  }
  bool answers() const { return plan < Plan::ends_without_answer; }

  std::string name;
  Plan plan = Plan::plain;
  std::string body;
  std::string answer;
  std::uint64_t turns;  // that others get before the answer
  std::uint64_t cut;    // where things are cut
};

std::string chunked_answer(const Order& order) {
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::size_t first = 1 + order.cut % order.answer.size();
  for (const auto& part : {order.answer.substr(0, first), order.answer.substr(first)}) {
    if (part.empty()) continue;
    std::ostringstream size;
    size << std::hex << part.size();
    text += size.str() + "\r\n" + part + "\r\n";
  }
  return text + "0\r\n\r\n";
}

void send_in_two(Peer& peer, const std::string& text, std::uint64_t cut) {
  const std::size_t first = cut % text.size();
  peer.send(std::string_view(text).substr(0, first));
  std::this_thread::yield();
  peer.send(std::string_view(text).substr(first));
}

class UnreliableServer {
 public:
  UnreliableServer(std::uint64_t seed, std::size_t count, std::optional<Pair> pair)
      : seed_(seed),
        received_(count),
        server_([this](Peer& peer, std::size_t) { serve(peer); }, std::move(pair)) {}

  std::uint16_t port() const { return server_.port(); }
  int received(std::size_t id) const { return received_[id]; }
  int spoiled() const { return spoiled_; }

 private:
  void serve(Peer& peer) {
    while (serve_one(peer)) {
    }
  }

  // False: the connection is over.
  bool serve_one(Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    if (head.empty()) return false;
    const ReceivedRequest request{.head = head, .body = {}};
    const std::size_t id = std::stoul(request.target().substr(1));
    const Order order(seed_, id);
    ++received_[id];
    if (order.plan == Plan::before_the_body) peer.send(plain_answer(order.answer));
    if (peer.read_bytes(order.body.size()) != order.body) {
      // Cut off behind an early answer, which is not kept then; else somebody mixed bytes.
      if (order.plan != Plan::before_the_body) ++spoiled_;
      return false;
    }
    for (std::uint64_t turn = 0; turn < order.turns; ++turn) std::this_thread::yield();
    return act(peer, order);
  }

  static bool act(Peer& peer, const Order& order) {
    const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + order.answer;
    switch (order.plan) {
      case Plan::plain:
        send_in_two(peer, plain_answer(order.answer), order.cut);
        return true;
      case Plan::chunked:
        send_in_two(peer, chunked_answer(order), order.cut);
        return true;
      case Plan::interim:
        send_in_two(peer, "HTTP/1.1 103 Early Hints\r\n\r\n" + plain_answer(order.answer), order.cut);
        return true;
      case Plan::before_the_body:
        return true;
      case Plan::surplus:
        // One piece, so that both are there together: what comes later, when the next request is under way,
        // is nobody's to tell from its answer.
        peer.send(plain_answer(order.answer.substr(0, 1'000)) + plain_answer("answer to somebody else"));
        peer.read_to_end();
        return false;
      case Plan::says_close:
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                  std::to_string(order.answer.size()) + "\r\n\r\n" + order.answer);
        return false;
      case Plan::closes_quietly:
        peer.send(plain_answer(order.answer));
        return false;
      case Plan::until_close:
        peer.send("HTTP/1.0 200 OK\r\n\r\n" + order.answer);
        return false;
      case Plan::ends_without_answer:
        return false;
      case Plan::resets_without_answer:
        peer.reset();
        return false;
      case Plan::ends_inside:
        peer.send(half);
        return false;
      case Plan::resets_inside:
        peer.send(half);
        peer.reset();
        return false;
      case Plan::hangs:
        peer.read_to_end();
        return false;
    }
    return false;
  }

  const std::uint64_t seed_;
  std::vector<std::atomic<int>> received_;
  std::atomic<int> spoiled_ = 0;  // requests that did not arrive as they were sent
  ScriptedServer server_;
};

// Keeps many requests under way until all have been sent and answered.
class Round {
 public:
  Round(std::uint64_t seed, std::size_t count, const std::string& scheme, std::optional<Pair> pair,
        std::shared_ptr<const TlsTrust> trust)
      : seed_(seed),
        count_(count),
        server_(seed, count, std::move(pair)),
        where_(local_url(server_.port(), scheme)),
        trust_(std::move(trust)) {}

  void run() {
    client_.worker().keep_running();
    for (std::size_t i = 0; i < kUnderWay; ++i) send_next();
    client_.worker().run();
    judge();
  }

 private:
  static constexpr std::size_t kConnections = 8;
  static constexpr std::size_t kUnderWay = 40;

  void send_next() {
    if (sent_ == count_) return;
    const std::size_t id = sent_++;
    const Order order(seed_, id);
    ClientLimits limits;
    limits.connect_timeout = std::chrono::seconds(30);
    limits.total_timeout = order.plan == Plan::hangs ? milliseconds(60) : milliseconds(20'000);
    client_.pool().send(where_, make_post("/" + std::to_string(id), order.body), limits, trust_,
                        [this, id](const CallResult& result) { on_result(id, result); });
  }

  void on_result(std::size_t id, const CallResult& result) {
    const Order order(seed_, id);
    const std::string text = text_of(result);
    if (result) {
      const std::string expected = order.plan == Plan::surplus ? order.answer.substr(0, 1'000) : order.answer;
      EXPECT_TRUE(order.answers() && result->body == expected) << "request " << id << " got: " << text;
    } else {
      EXPECT_NE(text, "busy") << id;
      if (order.answers()) ++lost_;
    }
    if (order.answers()) ++expected_;
    if (order.plan == Plan::closes_quietly) ++quiet_closers_;
    if (++over_ == count_) return client_.worker().stop();
    send_next();
  }

  void judge() {
    EXPECT_EQ(over_, count_);
    EXPECT_EQ(server_.spoiled(), 0);
    for (std::size_t id = 0; id < count_; ++id) EXPECT_LE(server_.received(id), 1) << "request " << id;
    // A connection that closes while the next request is on its way costs that one, and no other.
    EXPECT_LE(lost_, quiet_closers_);
    EXPECT_LE(client_.pool().open(), kConnections);
    EXPECT_EQ(client_.pool().waiting(), 0U);
    EXPECT_LT(client_.pool().opened(), count_ / 2);
    std::cout << count_ << " requests, " << expected_ << " with an answer, " << lost_ << " of them lost to "
              << quiet_closers_ << " quiet ends, over " << client_.pool().opened() << " connections\n";
  }

  const std::uint64_t seed_;
  const std::size_t count_;
  UnreliableServer server_;
  const http::Url where_;
  const std::shared_ptr<const TlsTrust> trust_;
  PoolClient client_{PoolLimits{.connections_per_upstream_max = kConnections}};
  std::size_t sent_ = 0;
  std::size_t over_ = 0;
  std::size_t expected_ = 0;
  std::size_t lost_ = 0;
  std::size_t quiet_closers_ = 0;
};

class ClientPoolRandom : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Over, ClientPoolRandom, testing::Values("http", "https"),
                         [](const auto& of) { return std::string(of.param); });

TEST_P(ClientPoolRandom, EachAnswerGoesToItsOwnRequestAndNoneIsSentTwice) {
  const std::string scheme = GetParam();
  const std::uint64_t rounds = number_from("CALLGATE_SCALE", 1);
  const std::uint64_t first = number_from("CALLGATE_SEED", std::random_device{}());
  const Authority authority("test authority");
  const Folder folder;
  const auto trust = TlsTrust::load(folder.put("ca.pem", authority.pair().certificate)).value();
  const bool is_tls = scheme == "https";
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::cout << "seed " << first + round << "\n";
    SCOPED_TRACE("CALLGATE_SEED=" + std::to_string(first + round));
    Round(first + round, is_tls ? 1'500 : 5'000, scheme,
          is_tls ? std::optional(authority.issue("localhost")) : std::nullopt, trust)
        .run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace callgate::net
