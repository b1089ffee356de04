// SPDX-License-Identifier: Apache-2.0
// The admin port while the inbox does not answer.
#include <gtest/gtest.h>

#include <callgate/net/client.hpp>
#include <future>

#include "lane.hpp"
#include "silent_store.hpp"

namespace callgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr const char* kToken = "for-the-test";

class FakeCommands : public admin::Commands {
 public:
  explicit FakeCommands(delivery::Store& store) : store_(store) {}
  std::vector<admin::HealthCheck> health() override { return {{"inbox", true, ""}}; }
  std::vector<admin::KeySourceView> keys() override { return {}; }
  std::vector<admin::RefreshOutcome> refresh_keys() override { return {}; }
  admin::Metrics metrics() override { return {}; }
  admin::Status status() override { return {}; }
  const admin::VerdictLog& verdicts() override { return verdicts_; }
  delivery::Store* inbox() override { return &store_; }
  bool pushes_inbox() override { return false; }
  void inbox_changed() override {}

 private:
  delivery::Store& store_;
  VerdictBook verdicts_{1};
};

class AdminLaneTest : public testing::Test {
 protected:
  AdminLaneTest() {
    worker_.keep_running();
    thread_ = std::thread([this] { worker_.run(); });
    lane_.emplace(listener_, admin::SiteSettings{listener_.where(), base::Redacted<std::string>(kToken)},
                  commands_);
  }
  ~AdminLaneTest() override {
    store_.let_go();
    lane_.reset();
    worker_.stop();
    thread_.join();
  }

  // The status of the answer; 0: there was none.
  std::future<int> ask(const std::string& path, const std::string& token = kToken) {
    auto answered = std::make_shared<std::promise<int>>();
    auto future = answered->get_future();
    http::Request request{.head = {.method = "GET",
                                   .target = path,
                                   .version_minor = 1,
                                   .headers = {{"Authorization", "Bearer " + token}}},
                          .body = {}};
    worker_.post([this, answered, request = std::move(request)] {
      net::send(worker_, *http::parse_url("http://" + listener_.where().text() + "/"), request,
                {.total_timeout = 60s},
                [answered](const auto& response) { answered->set_value(response ? response->status : 0); });
    });
    return future;
  }

  net::Worker worker_;
  std::thread thread_;
  net::Listener listener_ = *net::Listener::bind({"127.0.0.1", 0}, 1);
  SilentStore store_;
  FakeCommands commands_{store_};
  std::optional<AdminLane> lane_;
};

bool is_over(const std::future<int>& answer) {
  return answer.wait_for(0s) == std::future_status::ready;
}

TEST_F(AdminLaneTest, AStoreThatHangsHoldsUpNothingElse) {
  auto shown = ask("/api/v1/inbox");
  store_.wait_until_asked();
  for (const char* path : {"/livez", "/readyz", "/metrics", "/api/v1/status", "/api/v1/verdicts"})
    EXPECT_EQ(ask(path).get(), 200) << path;
  EXPECT_EQ(ask("/api/v1/inbox", "wrong").get(), 401) << "nor does a stranger wait";
  EXPECT_FALSE(is_over(shown));
  store_.let_go();
  EXPECT_EQ(shown.get(), 200);
  EXPECT_EQ(ask("/api/v1/inbox/stats").get(), 200);
}

TEST_F(AdminLaneTest, FewWaitForTheStoreAndTheOthersAreToldSo) {
  std::vector<std::future<int>> answers;
  for (std::size_t i = 0; i < Desk::kWaitingMax + 20; ++i) answers.push_back(ask("/api/v1/inbox"));
  const auto over = [&] { return std::count_if(answers.begin(), answers.end(), is_over); };
  while (over() < 20) ASSERT_EQ(ask("/livez").get(), 200);
  store_.let_go();
  std::map<int, std::size_t> statuses;
  for (auto& answer : answers) ++statuses[answer.get()];
  EXPECT_EQ(statuses, (std::map<int, std::size_t>{{200, Desk::kWaitingMax}, {503, 20}}));
  EXPECT_EQ(ask("/api/v1/inbox").get(), 200) << "there is room again";
}

TEST_F(AdminLaneTest, GoesWithoutThoseThatWait) {
  std::array answers{ask("/api/v1/inbox"), ask("/api/v1/inbox"), ask("/api/v1/inbox")};
  store_.wait_until_asked();
  std::thread end([this] { lane_.reset(); });
  for (auto& answer : answers) EXPECT_EQ(answer.get(), 0) << "the connections are closed";
  store_.let_go();
  end.join();
}

}  // namespace
}  // namespace callgate::gateway
