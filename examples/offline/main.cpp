// SPDX-License-Identifier: Apache-2.0
// Judges tokens from standard input with a key set out of a file: no network, no thread.
#include <callgate/base/version.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/gate/explain.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace callgate;

// [rules]
gate::Provider provider_of(const std::string& issuer, const std::string& audience) {
  gate::Provider provider{.name = "mine", .algorithms = {jose::Algorithm::rs256}, .rules = {}};
  provider.rules.issuer = issuer;
  provider.rules.audiences = {audience};
  provider.rules.clock_skew = std::chrono::seconds{10};
  provider.rules.max_lifetime = std::chrono::minutes{5};
  return provider;
}
// [/rules]

// [load]
base::Result<jose::KeySet> load_keys(const char* path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return base::fail(std::string("cannot read ") + path);
  auto keys = jose::KeySet::parse(text);
  if (keys) {
    for (const jose::SkippedKey& skipped : keys->skipped()) {
      std::fprintf(stderr, "key '%s' is left out: %s\n", skipped.kid.c_str(), skipped.why.c_str());
    }
  }
  return keys;
}
// [/load]

// [explain]
void explain(const std::string& token, const gate::Provider& provider, const jose::KeySet& keys,
             base::WallTime now) {
  const gate::Report report = gate::explain(token, provider, &keys, now);
  for (const gate::Check& check : report.checks) {
    if (check.result != gate::Check::Result::fail) continue;
    std::printf("  %s: expected %s, found %s\n", check.name.c_str(), check.expected.c_str(),
                check.found.c_str());
  }
  std::printf("  likely cause: %s\n  what to do: %s\n", report.likely_cause.c_str(),
              report.what_to_do.c_str());
}
// [/explain]

// [batch]
bool judge_all(const std::vector<std::string>& tokens, const gate::Provider& provider,
               const jose::KeySet& keys, base::WallTime now) {
  std::vector<http::Headers> requests;
  std::vector<const http::Headers*> pointers;
  requests.reserve(tokens.size());  // what is pointed to stays where it is
  pointers.reserve(tokens.size());
  for (const std::string& token : tokens)
    pointers.push_back(&requests.emplace_back(http::Headers{{"Authorization", "Bearer " + token}}));

  bool all = true;
  const std::vector<gate::TokenStep> steps = gate::judge_tokens(pointers, provider, &keys, now);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (const auto* proven = std::get_if<gate::ProvenToken>(&steps[i].outcome)) {
      std::printf("admitted: %s\n", proven->claims().id.value_or("(no jti)").c_str());
      continue;
    }
    const auto* needs = std::get_if<gate::NeedsKeys>(&steps[i].outcome);  // there is nothing to fetch from
    const refusal::Refusal& why =
        needs != nullptr ? needs->otherwise : std::get<refusal::Refusal>(steps[i].outcome);
    std::printf("refused: %s (%s)\n", std::string(refusal::to_text(why.reason)).c_str(), why.detail.c_str());
    explain(tokens[i], provider, keys, now);
    all = false;
  }
  return all;
}
// [/batch]

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4 || argc > 5) {
    std::fputs("usage: offline KEYS.json ISSUER AUDIENCE [SECONDS] < tokens\n", stderr);
    return 2;
  }
  const auto keys = load_keys(argv[1]);
  if (!keys) return std::fprintf(stderr, "offline: %s\n", keys.error().message.c_str()), 2;
  const base::WallTime now = argc == 5
                                 ? base::WallTime{std::chrono::seconds{std::strtoll(argv[4], nullptr, 10)}}
                                 : base::system_clock().wall();
  std::vector<std::string> tokens;
  for (std::string line; std::getline(std::cin, line);) tokens.push_back(line);
  std::printf("callgate %s\n", CALLGATE_VERSION_STRING);
  return judge_all(tokens, provider_of(argv[2], argv[3]), *keys, now) ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "offline: %s\n", error.what());
  return 2;
}
