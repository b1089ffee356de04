// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/net/worker.hpp>
#include <thread>
#include <vector>

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

TEST(Worker, RunsWhatOtherThreadsPost) {
  Worker worker;
  worker.keep_running();
  int count = 0;  // on the loop's thread only
  std::thread loop([&] { worker.run(); });
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        worker.post([&] {
          if (++count == 4000) worker.stop();
        });
      }
    });
  }
  for (auto& poster : posters) poster.join();
  loop.join();
  EXPECT_EQ(count, 4000);
}

TEST(Worker, CallsBackInOrderOfTime) {
  Worker worker;
  std::vector<int> order;
  const auto late = worker.after(milliseconds(20), [&] { order.push_back(2); });
  const auto early = worker.after(milliseconds(1), [&] { order.push_back(1); });
  worker.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Worker, NeverRunsWhatIsCancelled) {
  Worker worker;
  bool called = false;
  auto dropped = worker.after(milliseconds(0), [&] { called = true; });
  auto cancelled_late = worker.after(milliseconds(0), [&] { called = true; });
  dropped.reset();
  // Both are due when this runs: the one that is cancelled here must not run any more.
  worker.post([&] {
    const auto until = std::chrono::steady_clock::now() + milliseconds(2);
    while (std::chrono::steady_clock::now() < until) {
    }
    cancelled_late.reset();
  });
  worker.run();
  EXPECT_FALSE(called);
}

TEST(Worker, LetsACallbackDropItsOwnHandle) {
  Worker worker;
  bool called = false;
  std::shared_ptr<void> handle;
  handle = worker.after(milliseconds(0), [&] {
    handle.reset();
    called = true;
  });
  worker.run();
  EXPECT_TRUE(called);
}

TEST(Worker, StopsWhateverIsOpenAndRunsAgain) {
  Worker worker;
  worker.keep_running();
  const auto far = worker.after(std::chrono::hours(1), [] {});
  worker.post([&] { worker.stop(); });
  worker.run();
  bool called = false;
  worker.post([&] {
    called = true;
    worker.stop();
  });
  worker.run();
  EXPECT_TRUE(called);
}

TEST(Worker, MayGoBeforeItsHandles) {
  std::shared_ptr<void> handle;
  {
    Worker worker;
    handle = worker.after(std::chrono::hours(1), [] {});
  }
  handle.reset();
}

}  // namespace
}  // namespace callgate::net
