// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bodies of requests to the emulator, read strictly: an unknown member, a wrong type or a value out of
// range is an error that names what is known. Pure, any thread.

#include <callgate/base/error.hpp>
#include <callgate/http/url.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

#include "fault.hpp"
#include "key_fault.hpp"
#include "scenario.hpp"
#include "token.hpp"

namespace callgate::emulator {

inline constexpr std::size_t kCallsMax = 10'000;
inline constexpr double kRateMin = 0.01;
inline constexpr double kRateMax = 1'000;

struct CallOrder {
  http::Url callback;  // http only
  const Scenario* scenario = nullptr;
  std::size_t calls = 1;  // 1 to kCallsMax
  std::optional<double>
      rate;  // calls started each second, kRateMin to kRateMax; nothing: one call after the other
  Fault fault = Fault::none;
};

base::Result<CallOrder> parse_call_order(std::string_view body);

// An empty body asks for a good token.
base::Result<TokenOrder> parse_token_order(std::string_view body);

base::Result<KeyFault> parse_key_fault_order(std::string_view body);

// Takes no members; the body may be empty.
base::Result<void> parse_rotate_order(std::string_view body);

}  // namespace callgate::emulator
