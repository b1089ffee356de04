// SPDX-License-Identifier: Apache-2.0
// Load for a gateway, for the experiments in docs/reliability.md; a client and nothing else. An example:
//   load_callbacks tokens --audience GUID
//   callgate serve --keys keys.json --audience GUID --max-lifetime 2h
//   load_callbacks send --target 127.0.0.1:8080 --tokens tokens.txt --rate 2000 --good-percent 50
//   load_callbacks slow --target 127.0.0.1:8080 --idle 1000 --slow-head 500
#include <csignal>
#include <iostream>
#include <thread>

#include "sender.hpp"
#include "slow_clients.hpp"

namespace callgate::load {
namespace {

int fail(const std::string& what) {
  std::cerr << "load_callbacks: " << what << "\n";
  return 1;
}

int run(const SendOptions& options) {
  const auto callbacks =
      make_callbacks(options.path, options.tokens_file, options.body_file, options.new_connection_each);
  if (!callbacks) return fail("no token in " + options.tokens_file + "; load_callbacks tokens makes some");
  const auto tls = options.target.tls ? make_tls_context() : nullptr;
  std::vector<Outcome> outcomes(options.threads);
  std::vector<std::thread> threads;
  const auto begun = Clock::now();
  for (unsigned i = 0; i < options.threads; ++i)
    threads.emplace_back([&, i] { outcomes[i] = Sender(options, *callbacks, tls, i).run(); });
  for (std::thread& thread : threads) thread.join();
  const double taken = std::chrono::duration<double>(Clock::now() - begun).count();
  Outcome all;
  for (const Outcome& outcome : outcomes) all.add(outcome);
  if (!options.ledger.empty() && !write_ledger(options.ledger, all.sent))
    return fail("cannot write " + options.ledger);
  std::cout << to_json(options, all, taken) << "\n";
  return 0;
}

int run(const SlowOptions& options) {
  const std::string counts = run_slow_clients(options);
  if (counts.empty())
    return fail("no token in " + options.tokens_file + "; load_callbacks tokens makes some");
  std::cout << counts << "\n";
  return 0;
}

}  // namespace
}  // namespace callgate::load

int main(int argc, char** argv) {
  using namespace callgate::load;
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  const auto options = read_options(argc, argv);
  if (const auto* send = std::get_if<SendOptions>(&options)) {
    std::signal(SIGTERM, [](int) { stop_sending(); });  // what was sent is still counted and told
    return run(*send);
  }
  if (const auto* slow = std::get_if<SlowOptions>(&options)) return run(*slow);
  if (const auto* tokens = std::get_if<TokenOptions>(&options)) return write_tokens(*tokens);
  return std::get_if<Stop>(&options)->exit_code;
}
