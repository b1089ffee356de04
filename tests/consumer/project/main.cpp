// SPDX-License-Identifier: Apache-2.0
#include <callgate/base/version.hpp>
#include <callgate/keys_http/live_keys.hpp>
#include <cstdio>
#include <string>

std::string verdict(long long seconds);

int main() {
  std::printf("callgate %d.%d.%d\n", CALLGATE_VERSION_MAJOR, CALLGATE_VERSION_MINOR, CALLGATE_VERSION_PATCH);
  std::printf("%s %s\n", verdict(1'795'499'112).c_str(), verdict(1'795'499'999).c_str());
  callgate::keys_http::LiveKeys keys({"http://127.0.0.1:1", "http://127.0.0.1:1/none", true});
  std::printf("keys %s\n", keys.current() ? "there" : "none");
}
