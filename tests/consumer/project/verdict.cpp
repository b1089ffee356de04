// SPDX-License-Identifier: Apache-2.0
#include <callgate/gate/column.hpp>
#include <fstream>
#include <iterator>

namespace {

std::string load(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

// The verdict over token.txt with keys.json (both made by callgate-emulator), as of `seconds`.
std::string verdict(long long seconds) {
  using namespace callgate;
  const auto keys = jose::KeySet::parse(load("keys.json"));
  if (!keys) return keys.error().message;
  std::string token = load("token.txt");
  token.pop_back();  // the line's end
  gate::Provider provider = gate::call_automation({"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"});
  provider.rules.issuer = "https://issuer.test";
  const auto admitted = gate::judge({{"Authorization", "Bearer " + token}},
                                    R"([{"id":"1","source":"s","type":"t","specversion":"1.0"}])", provider,
                                    &*keys, base::WallTime{std::chrono::seconds{seconds}});
  return std::string(admitted ? "admit" : refusal::to_text(admitted.error().reason));
}
