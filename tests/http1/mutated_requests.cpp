// SPDX-License-Identifier: Apache-2.0
// Sends mutated requests to a gateway that it starts itself (best one built with sanitizers), over several
// connections at once: in pieces, pipelined, half-closed, cut off and reset. In between, probes on fresh
// connections must get their answers. Nothing may be admitted whose bytes do not hold the good token, nothing
// may be answered with 500, every half-closed connection must end by itself, and the gateway must stop
// cleanly.
//   mutated_requests GATEWAY COUNT SEED        CALLGATE_VECTORS adds the seeds of third parties
// What was being sent when something went wrong is written to mutated_requests.finding in the folder for
// temporary files. The same seed makes the same mutations, except for the token, which is fresh in every run.

#include <algorithm>
#include <array>
#include <atomic>
#include <callgate/digest/base64.hpp>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>

#include "caller.hpp"
#include "pinned_gateway.hpp"
#include "request_mutation.hpp"

namespace callgate::http1 {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kThreads = 8;
constexpr unsigned kSources = 200;
constexpr std::size_t kProbeEvery = 250;  // connections
constexpr std::size_t kRemembered = 3;    // connections of each thread, for the finding
constexpr std::chrono::seconds kPatience{25};

// A seed of its own for every connection, so that neighbours have nothing in common (SplitMix64).
std::uint64_t seed_of(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

struct Shared {
  PinnedGateway& gateway;
  const std::vector<std::string>& seeds;
  std::uint64_t count;
  std::uint64_t seed;
  std::atomic<std::uint64_t> connections{0}, requests{0}, probes{0};
  std::atomic<bool> stop{false};
  std::mutex mutex{};  // guards what follows
  std::string fault{};
  std::map<std::string, std::uint64_t> answers{};  // by status and reason
  std::vector<std::string> remembered{};
};

class Sender {
 public:
  explicit Sender(Shared& shared) : shared_(shared), mutator_(shared.seeds) {}

  void run() {
    while (!shared_.stop && shared_.requests < shared_.count) {
      const std::uint64_t index = shared_.connections++;
      mutator_.restart(seed_of(shared_.seed, index));
      connect_once();
      if (index % kProbeEvery == 0) probe();
      if (index % (kProbeEvery * 20) == 0) look_for_reports();
    }
    const std::lock_guard lock(shared_.mutex);
    for (const auto& [label, times] : answers_) shared_.answers[label] += times;
    shared_.remembered.insert(shared_.remembered.end(), recent_.begin(), recent_.end());
  }

 private:
  void fail(const std::string& what) {
    const std::lock_guard lock(shared_.mutex);
    if (!shared_.stop.exchange(true)) shared_.fault = what;
  }

  void connect_once() {
    std::string bytes;
    const std::size_t requests = mutator_.chance(60) ? 1 : 2 + mutator_.draw(3);
    for (std::size_t i = 0; i < requests; ++i) bytes += mutator_.next();
    shared_.requests += requests;
    const unsigned way = static_cast<unsigned>(mutator_.draw(100));
    if (way >= 65) bytes.resize(mutator_.draw(bytes.size() + 1));  // cut off somewhere
    recent_.push_back(bytes);
    if (recent_.size() > kRemembered) recent_.pop_front();

    Caller caller(shared_.gateway.port(), 1 + static_cast<unsigned>(mutator_.draw(kSources)));
    if (!caller.connected()) return fail("the gateway takes no connection any more");
    send_in_pieces(caller, bytes);
    if (way < 82) return read_all(caller, bytes);
    if (way < 90) caller.read_some(std::chrono::milliseconds(mutator_.draw(3)));
    if (way < 96) caller.reset();
  }  // or closed, with whatever has not been read

  void send_in_pieces(Caller& caller, const std::string& bytes) {
    std::string_view rest = bytes;
    for (std::size_t pieces = mutator_.chance(50) ? 0 : mutator_.draw(5); pieces > 0 && !rest.empty();
         --pieces) {
      const std::size_t size = 1 + mutator_.draw(std::min<std::size_t>(rest.size(), 2000));
      if (!caller.send(rest.substr(0, size))) return;
      rest.remove_prefix(size);
      if (mutator_.chance(20)) caller.let_it_read();
    }
    caller.send(rest);
  }

  void read_all(Caller& caller, const std::string& sent) {
    caller.finish_sending();
    const auto bytes = caller.read_to_end(kPatience);
    if (!bytes) return fail("a half-closed connection stayed open");
    const auto answers = parse_answers(*bytes);
    if (!answers) return fail("the answer is not HTTP: " + *bytes);
    if (answers->empty()) ++answers_["none"];
    for (const Answer& answer : *answers) {
      ++answers_[std::to_string(answer.status) + " " + answer.reason];
      if (answer.status >= 500 && answer.status != 503)
        return fail("answered " + std::to_string(answer.status));
      if (answer.status == 200 && sent.find(shared_.gateway.good_token()) == std::string::npos)
        return fail("admitted, and the token is not in the bytes");
    }
  }

  void probe() {
    ++shared_.probes;
    if (const auto fault = shared_.gateway.find_fault(1 + static_cast<unsigned>(mutator_.draw(kSources))))
      fail(*fault);
  }

  void look_for_reports() {
    if (const auto report = shared_.gateway.take_sanitizer_report()) fail(*report);
  }

  Shared& shared_;
  Mutator mutator_;
  std::map<std::string, std::uint64_t> answers_;
  std::deque<std::string> recent_;
};

std::vector<std::string> all_seeds(const PinnedGateway& gateway) {
  std::vector<std::string> seeds = make_seeds(gateway.good_token(), gateway.bad_token());
  const char* folder = std::getenv("CALLGATE_VECTORS");  // NOLINT(concurrency-mt-unsafe): one thread
  if (folder == nullptr || *folder == '\0') {
    std::cout << "CALLGATE_VECTORS is not set: only the built-in seeds\n";
    return seeds;
  }
  const fs::path scratch = fs::temp_directory_path() / ("mutated-requests-" + std::to_string(gateway.port()));
  fs::create_directories(scratch);
  const auto more = read_seeds(folder, scratch, gateway.good_token());
  fs::remove_all(scratch);
  // The built-in ones reach deepest: they are drawn as often as all the others together.
  const std::vector<std::string> own = seeds;
  while (seeds.size() < more.size()) seeds.insert(seeds.end(), own.begin(), own.end());
  seeds.insert(seeds.end(), more.begin(), more.end());
  return seeds;
}

void send_all(Shared& shared) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back([&shared] { Sender(shared).run(); });
  for (std::thread& thread : threads) thread.join();
}

void print_counts(const Shared& shared, std::chrono::duration<double> took) {
  const auto requests = static_cast<double>(shared.requests.load());
  std::cout << shared.requests << " requests over " << shared.connections << " connections in "
            << took.count() << " s, " << static_cast<std::uint64_t>(requests / took.count()) << " a second; "
            << shared.probes << " pairs of probes\n";
  for (const auto& [label, times] : shared.answers) std::cout << "  " << times << "  " << label << "\n";
}

// What is known when something has gone wrong: for a report, and to send it again.
int write_finding(const Shared& shared) {
  const fs::path file = fs::temp_directory_path() / "mutated_requests.finding";
  std::ofstream out(file);
  out << "seed " << shared.seed << "\n" << shared.fault << "\n\n" << shared.gateway.log() << "\n";
  out << "the last connections of each thread, base64:\n";
  for (const std::string& bytes : shared.remembered) out << digest::encode_base64(bytes) << "\n";
  std::cerr << "mutated_requests: " << shared.fault.substr(0, 2000) << "\n(seed " << shared.seed
            << "); what was sent is in " << file.string() << "\n";
  return 1;
}

int run(const std::string& program, std::uint64_t count, std::uint64_t seed) {
  PinnedGateway gateway(program);
  if (gateway.port() == 0) {
    std::cerr << "mutated_requests: " << program << " did not start: " << gateway.log() << "\n";
    return 2;
  }
  const std::vector<std::string> seeds = all_seeds(gateway);
  std::cout << "seed " << seed << ", " << seeds.size() << " requests to mutate" << std::endl;
  Shared shared{gateway, seeds, count, seed};
  const auto begun = std::chrono::steady_clock::now();
  send_all(shared);
  print_counts(shared, std::chrono::steady_clock::now() - begun);
  if (shared.fault.empty()) shared.fault = gateway.find_fault().value_or("");
  if (shared.fault.empty()) {
    const int code = gateway.stop();
    if (code != 0) shared.fault = "the gateway ended with " + std::to_string(code);
  }
  if (const auto report = gateway.take_sanitizer_report()) shared.fault += "\n" + *report;
  return shared.fault.empty() ? 0 : write_finding(shared);
}

}  // namespace
}  // namespace callgate::http1

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: mutated_requests GATEWAY COUNT SEED\n";
    return 2;
  }
  return callgate::http1::run(argv[1], std::strtoull(argv[2], nullptr, 10),
                              std::strtoull(argv[3], nullptr, 10));
}
