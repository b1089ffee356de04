// SPDX-License-Identifier: Apache-2.0
#include "order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <callgate/json/document.hpp>
#include <initializer_list>

namespace callgate::emulator {
namespace {

using base::fail;
using base::Result;
using Names = std::initializer_list<std::string_view>;

constexpr std::size_t kNameShown = 40;  // bytes of an unknown name that a message repeats

std::string join(Names names) {
  std::string out;
  for (const std::string_view name : names) out += fmt::format("{}'{}'", out.empty() ? "" : ", ", name);
  return out;
}

// The body as an object that has no members but these.
Result<json::Document> parse_object(std::string_view body, Names names) {
  auto document = json::parse(body.empty() ? "{}" : body);
  if (!document) {
    return fail(
        fmt::format("the body is no JSON: {} at byte {}", document.error().what, document.error().offset));
  }
  if (!document->root().is_object()) return fail("the body is not a JSON object");
  for (const auto& member : document->root().members()) {
    if (std::find(names.begin(), names.end(), member.name) != names.end()) continue;
    return fail(fmt::format("the member '{}' is not known; {}", member.name.substr(0, kNameShown),
                            names.size() == 0 ? "there are none" : "known are " + join(names)));
  }
  return std::move(*document);
}

// Nothing where the member is absent.
Result<std::optional<std::string_view>> text_of(const json::Value& object, std::string_view name) {
  const auto value = object.find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) return fail(fmt::format("'{}' is not a string", name));
  return value->as_string();
}

Result<std::string_view> required_text_of(const json::Value& object, std::string_view name) {
  const auto text = text_of(object, name);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return fail(fmt::format("'{}' is missing", name));
  return **text;
}

Result<Fault> fault_of(const json::Value& object, bool callbacks_too) {
  const auto text = text_of(object, "fault");
  if (!text) return tl::unexpected(text.error());
  if (!*text) return Fault::none;
  const auto fault = parse_fault(**text);
  if (fault && (callbacks_too || is_token_fault(*fault))) return *fault;
  return fail("the fault is not known here; known are: " +
              (callbacks_too ? known_faults() : known_token_faults()));
}

Result<http::Url> callback_of(const json::Value& object) {
  const auto text = required_text_of(object, "callback");
  if (!text) return tl::unexpected(text.error());
  auto url = http::parse_url(*text);
  if (!url) return fail("'callback' is not a URL such as http://127.0.0.1:8080/api/callback");
  if (url->scheme != "http") {
    return fail("'callback' is an https URL: the emulator sends over plain http only, write http://");
  }
  return std::move(*url);
}

Result<const Scenario*> scenario_of(const json::Value& object) {
  const auto text = text_of(object, "scenario");
  if (!text) return tl::unexpected(text.error());
  const Scenario* scenario = find_scenario(text->value_or(kDefaultScenario));
  if (scenario == nullptr) return fail("the scenario is not known; known are: " + known_scenarios());
  return scenario;
}

Result<std::size_t> calls_of(const json::Value& object) {
  const auto value = object.find("calls");
  if (!value) return 1;
  const auto calls = value->as_integer();
  if (!calls || *calls < 1 || *calls > static_cast<std::int64_t>(kCallsMax)) {
    return fail(fmt::format("'calls' is not a whole number from 1 to {}", kCallsMax));
  }
  return static_cast<std::size_t>(*calls);
}

Result<std::optional<double>> rate_of(const json::Value& object) {
  const auto value = object.find("rate");
  if (!value) return std::nullopt;
  const auto rate = value->as_number();
  if (!rate || *rate < kRateMin || *rate > kRateMax) {
    return fail(fmt::format("'rate' is not a number of calls each second from {} to {}", kRateMin, kRateMax));
  }
  return rate;
}

// The members of the object `name` with their values as they stand in the body.
Result<MemberList> members_of(const json::Value& object, std::string_view name, std::string_view body) {
  MemberList members;
  const auto value = object.find(name);
  if (!value) return members;
  if (!value->is_object()) return fail(fmt::format("'{}' is not an object", name));
  for (const auto& member : value->members()) {
    const std::size_t begin = member.value.begin_offset();
    members.set(member.name, std::string(body.substr(begin, member.value.end_offset() - begin)));
  }
  return members;
}

}  // namespace

Result<CallOrder> parse_call_order(std::string_view body) {
  const auto document = parse_object(body, {"callback", "scenario", "calls", "rate", "fault"});
  if (!document) return tl::unexpected(document.error());
  const json::Value root = document->root();
  const auto callback = callback_of(root);
  if (!callback) return tl::unexpected(callback.error());
  const auto scenario = scenario_of(root);
  if (!scenario) return tl::unexpected(scenario.error());
  const auto calls = calls_of(root);
  if (!calls) return tl::unexpected(calls.error());
  const auto rate = rate_of(root);
  if (!rate) return tl::unexpected(rate.error());
  const auto fault = fault_of(root, true);
  if (!fault) return tl::unexpected(fault.error());
  return CallOrder{*callback, *scenario, *calls, *rate, *fault};
}

Result<TokenOrder> parse_token_order(std::string_view body) {
  const auto document = parse_object(body, {"fault", "claims", "header"});
  if (!document) return tl::unexpected(document.error());
  const json::Value root = document->root();
  const auto fault = fault_of(root, false);
  if (!fault) return tl::unexpected(fault.error());
  auto claims = members_of(root, "claims", body);
  if (!claims) return tl::unexpected(claims.error());
  auto header = members_of(root, "header", body);
  if (!header) return tl::unexpected(header.error());
  if (*fault == Fault::garbage_token && !(claims->empty() && header->empty())) {
    return fail("a garbage-token has neither claims nor header; leave them out, or choose another fault");
  }
  return TokenOrder{*fault, std::move(*claims), std::move(*header)};
}

Result<KeyFault> parse_key_fault_order(std::string_view body) {
  const auto document = parse_object(body, {"mode"});
  if (!document) return tl::unexpected(document.error());
  const auto text = required_text_of(document->root(), "mode");
  if (!text) return fail(text.error().message + "; known are: " + known_key_faults());
  const auto fault = parse_key_fault(*text);
  if (!fault) return fail("the mode is not known; known are: " + known_key_faults());
  return *fault;
}

Result<void> parse_rotate_order(std::string_view body) {
  const auto document = parse_object(body, {});
  if (!document) return tl::unexpected(document.error());
  return {};
}

}  // namespace callgate::emulator
