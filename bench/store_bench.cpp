// SPDX-License-Identifier: Apache-2.0
// Durable adds in a second, with 1, 8 and 64 callers that wait for each of theirs, beside what the disk does
// (a write of 4 KiB, then fdatasync) and beside one transaction for each event; then what it costs to ask for
// what is due among 300,000 queued events, and what an event takes on the disk. Rounds alternate, medians
// count.
//   bench_store [folder [rounds [seconds a measurement]]]      default: the current folder, 5, 1
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <callgate/base/clock.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "opener.hpp"

namespace {

namespace fs = std::filesystem;
using namespace callgate;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kQueued = 300'000;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

// What a Call Automation callback of one event looks like in the inbox: some 2 KB of body, a token's claims.
delivery::Accepted callback(std::uint64_t number, std::size_t calls) {
  const std::string id = std::to_string(number);
  const std::string call = "4f1f1f00-0000-4000-8000-" + std::to_string(100'000'000'000 + number % calls);
  std::string body =
      R"([{"id":")" + id +
      R"(","type":"Microsoft.Communication.ParticipantsUpdated","data":{"callConnectionId":")" + call +
      R"(","x":")";
  body.append(2048 - body.size() - 5, 'x').append("\"}}]");
  return {
      .passage = {.route = "/api/callback",
                  .request_id = "0b6c5d84-93a1-4f3c-9d0f-" + std::to_string(200'000'000'000 + number),
                  .method = "POST",
                  .target = "/api/callback?order=17",
                  .fields = {{"Content-Type", "application/cloudevents+json; charset=utf-8"}},
                  .received_at = base::system_clock().wall()},
      .verdict = {.provider = "acs",
                  .key_id = "B1A6C8D4E5F60718293A4B5C6D7E8F9012345678",
                  .key_set = "c0ffee00c0ffee00",
                  .issuer = "https://acscallautomation.communication.azure.com",
                  .audience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21",
                  .subject = "",
                  .claims = R"({"iss":"https://acscallautomation.communication.azure.com","aud":)"
                            R"("5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21","exp":1790000000,"nbf":1789999700})",
                  .judged_at = base::system_clock().wall()},
      .events = {{.key = "msg_" + std::string(40 - id.size(), 'k') + id,
                  .call = call,
                  .id = id,
                  .type = "Microsoft.Communication.ParticipantsUpdated",
                  .body = std::move(body)}}};
}

std::unique_ptr<store_sqlite::SqliteStore> open_store(const std::string& path, std::size_t group_jobs,
                                                      const store_sqlite::Ground& ground = {}) {
  store_sqlite::Settings settings;
  settings.path = path;
  settings.group_jobs_max = group_jobs;
  auto store = store_sqlite::StoreOpener::open(settings, base::system_clock(), ground, {});
  if (store) return std::move(*store);
  std::fprintf(stderr, "bench_store: %s\n", store.error().message.c_str());
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
}

double syncs_per_second(const std::string& folder, double seconds) {
  const std::string path = folder + "/raw";
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  const std::string page(4096, 'x');
  std::size_t count = 0;
  const auto begin = Clock::now();
  for (; seconds_since(begin) < seconds; ++count) {
    if (::write(file, page.data(), page.size()) != static_cast<ssize_t>(page.size()) ||
        ::fdatasync(file) != 0) {
      std::perror("bench_store: raw");
      std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
    }
  }
  const double took = seconds_since(begin);
  ::close(file);
  ::unlink(path.c_str());
  return static_cast<double>(count) / took;
}

// Each of them adds, waits for the answer, adds again.
class Callers {
 public:
  Callers(store_sqlite::SqliteStore& store, std::atomic<std::uint64_t>& next) : store_(store), next_(next) {}

  double adds_per_second(std::size_t callers, double seconds) {
    const auto begin = Clock::now();
    until_ = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    open_ = callers;
    for (std::size_t i = 0; i < callers; ++i) add();
    finished_.get_future().wait();
    return static_cast<double>(count_) / seconds_since(begin);
  }

 private:
  void add() {
    store_.add(callback(next_++, 5000), [this](base::Result<delivery::Added> added) {
      if (!added) std::fprintf(stderr, "bench_store: %s\n", added.error().message.c_str());
      if (added) ++count_;
      if (added && Clock::now() < until_) return add();
      if (--open_ == 0) finished_.set_value();
    });
  }

  store_sqlite::SqliteStore& store_;
  std::atomic<std::uint64_t>& next_;
  Clock::time_point until_;
  std::atomic<std::size_t> open_{0};
  std::size_t count_ = 0;  // the writer's thread
  std::promise<void> finished_;
};

struct Rates {
  std::vector<double> raw, single, one, eight, many;
};

void measure(const std::string& folder, double seconds, Rates& rates) {
  std::atomic<std::uint64_t> next{0};
  const auto with = [&](std::size_t group_jobs, std::size_t callers) {
    const std::string path = folder + "/adds.db";
    double rate = 0;
    {
      auto store = open_store(path, group_jobs);
      rate = Callers(*store, next).adds_per_second(callers, seconds);
    }
    fs::remove(path);
    return rate;
  };
  rates.raw.push_back(syncs_per_second(folder, seconds));
  rates.single.push_back(with(1, 64));
  rates.one.push_back(with(256, 1));
  rates.eight.push_back(with(256, 8));
  rates.many.push_back(with(256, 64));
}

void print(const Rates& rates) {
  const double raw = median(rates.raw);
  const double single = median(rates.single);
  std::printf("%-44s %10s %12s %14s\n", "", "a second", "/ raw syncs", "/ one by one");
  const auto row = [&](const char* what, double rate) {
    std::printf("%-44s %10.0f %12.2f %14.2f\n", what, rate, rate / raw, rate / single);
  };
  row("raw: write 4 KiB, fdatasync", raw);
  row("adds, one transaction each, 64 waiting", single);
  row("adds in groups, 1 waiting", median(rates.one));
  row("adds in groups, 8 waiting", median(rates.eight));
  row("adds in groups, 64 waiting", median(rates.many));
  std::printf("64 waiting: %.1f times one transaction for each event (8 is asked for)\n",
              median(rates.many) / single);
}

// Fills a store over `lanes` calls; tells what polls, and what an event takes.
void poll(const std::string& folder, std::size_t lanes) {
  const std::string path = folder + "/due.db";
  store_sqlite::Ground ground;
  ground.insecure_no_sync_for_test = true;  // nothing that is measured here syncs
  auto store = open_store(path, 256, ground);
  const auto begin = Clock::now();
  std::promise<void> filled;
  std::atomic<std::size_t> left{kQueued};
  for (std::size_t i = 0; i < kQueued; ++i) {
    while (i > 4000 && left > kQueued - i + 4000) std::this_thread::yield();
    store->add(callback(i, lanes), [&](auto added) {
      if (!added) std::fprintf(stderr, "bench_store: %s\n", added.error().message.c_str());
      if (--left == 0) filled.set_value();
    });
  }
  filled.get_future().wait();
  const double fill = seconds_since(begin);
  std::vector<double> took;
  for (int i = 0; i < 500; ++i) {
    std::promise<std::size_t> found;
    const auto asked = Clock::now();
    store->find_due("/api/callback", base::system_clock().wall(), 16,
                    [&](auto due) { found.set_value(due ? due->heads.size() : 0); });
    found.get_future().wait();
    took.push_back(seconds_since(asked) * 1e6);
  }
  store.reset();
  std::printf(
      "%zu queued in %zu lanes: find_due(16) %.0f us; filled at %.0f a second without syncs; %.0f bytes an "
      "event\n",
      kQueued, lanes, median(took), kQueued / fill, static_cast<double>(fs::file_size(path)) / kQueued);
  const auto again = Clock::now();
  open_store(path, 256).reset();
  std::printf("  closed and opened again in %.2f s\n", seconds_since(again));
  fs::remove(path);
}

}  // namespace

int main(int count, char** arguments) {
  std::string folder = (fs::path(count > 1 ? arguments[1] : ".") / "bench_store-XXXXXX").string();
  const int rounds = count > 2 ? static_cast<int>(std::strtol(arguments[2], nullptr, 10)) : 5;
  const double seconds = count > 3 ? std::strtod(arguments[3], nullptr) : 1;
  if (::mkdtemp(folder.data()) == nullptr) {
    std::perror("bench_store: folder");
    return 1;
  }
  Rates rates;
  for (int round = 0; round < rounds; ++round) measure(folder, seconds, rates);
  print(rates);
  poll(folder, kQueued);
  poll(folder, 5000);
  poll(folder, 1);
  fs::remove_all(folder);
  return 0;
}
