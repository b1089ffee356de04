// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a request to the inbox asks for. Pure; an error says what to write instead.

#include <callgate/base/error.hpp>
#include <callgate/delivery/store.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::admin {

struct TakeRequest {
  std::size_t most = 10;
  std::chrono::seconds lease{60};
};

struct AckRequest {
  std::string lease;
  std::vector<std::string> keys;  // empty: all of the lease
};

// "evt_..." as an event is named in the inbox.
bool is_event_key(std::string_view text);

// The query of GET /api/v1/inbox. The call is as it was written.
base::Result<delivery::Filter> parse_filter(std::string_view query);

// The bodies of the others, JSON, without members that are not known.
base::Result<TakeRequest> parse_take(std::string_view body);
base::Result<AckRequest> parse_ack(std::string_view body);
base::Result<std::vector<std::string>> parse_redeliver(std::string_view body);
base::Result<std::string> parse_forget(std::string_view body);

}  // namespace callgate::admin
