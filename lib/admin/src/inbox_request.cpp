// SPDX-License-Identifier: Apache-2.0
#include "inbox_request.hpp"

#include <algorithm>
#include <callgate/delivery/identity.hpp>
#include <callgate/http/url.hpp>
#include <callgate/json/document.hpp>
#include <charconv>
#include <optional>

namespace callgate::admin {
namespace {

constexpr std::int64_t kEventsMax = 1000, kLeaseSecondsMax = 1800;
constexpr std::size_t kKeyBytesMax = 64, kShownBytesMax = 40;
constexpr std::size_t kLeaseNameBytesMax = 1024;
constexpr json::Limits kBody{.bytes_max = std::size_t{64} << 10, .depth_max = 8, .values_max = 4096};

constexpr std::string_view kCallAsShown =
    "write the call's connection id, of up to 8192 bytes, or its name as list shows it";

std::string in_quotes(std::string_view text) {
  return "'" + std::string(text.substr(0, kShownBytesMax)) + (text.size() > kShownBytesMax ? "..." : "") +
         "'";
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// ---- The query ----

base::Result<void> read_parameter(std::string_view name, const std::string& value, delivery::Filter& filter) {
  if (name == "state") {
    filter.state = delivery::find_state(value);
    if (!filter.state) return base::fail("state: write queued, delivered, taken or dead");
  } else if (name == "call") {
    if (value.empty() || value.size() > delivery::kWrittenCallMost)
      return base::fail("call: " + std::string(kCallAsShown) + ", or leave it out");
    filter.call = value;
  } else if (name == "after") {
    const auto number = parse_integer(value);
    if (!number || *number < 0) return base::fail("after: write the number of an event, as 'next' gives it");
    filter.after = *number;
  } else if (name == "limit") {
    const auto number = parse_integer(value);
    if (!number || *number < 1 || *number > kEventsMax)
      return base::fail("limit: write a number from 1 to 1000");
    filter.most = static_cast<std::size_t>(*number);
  } else {
    return base::fail("there is no parameter " + in_quotes(name) +
                      "; there are state, call, after and limit");
  }
  return {};
}

// ---- Bodies ----

// The members that one kind of request knows, and an example of it.
struct Form {
  std::vector<std::string_view> members;
  std::string_view example;
};

base::Result<json::Document> parse_body(std::string_view body, const Form& form) {
  auto document = json::parse(body, json::Strictness::i_json, kBody);
  const std::string instead = "; write a JSON object such as " + std::string(form.example);
  if (!document) return base::fail("the body: " + document.error().what + instead);
  if (!document->root().is_object()) return base::fail("the body is no JSON object" + instead);
  for (const auto& member : document->root().members()) {
    if (std::find(form.members.begin(), form.members.end(), member.name) == form.members.end())
      return base::fail("there is no member " + in_quotes(member.name) + instead);
  }
  return std::move(*document);
}

base::Result<std::int64_t> read_number(const json::Value& body, std::string_view name, std::int64_t otherwise,
                                       std::int64_t most) {
  const auto value = body.find(name);
  if (!value) return otherwise;
  const auto number = value->as_integer();
  if (!number || *number < 1 || *number > most)
    return base::fail(std::string(name) + ": write a whole number from 1 to " + std::to_string(most));
  return *number;
}

// Empty: it is not there, or not as it should be.
std::string find_text(const json::Value& body, std::string_view name, std::size_t most) {
  const auto value = body.find(name);
  const auto text = value ? value->as_string() : std::nullopt;
  return text && text->size() <= most ? std::string(*text) : std::string();
}

base::Result<std::string> read_key(const json::Value& value) {
  const auto text = value.as_string();
  if (!text || !is_event_key(*text))
    return base::fail("an event's key is a text that begins with evt_, as list and take give it");
  return std::string(*text);
}

base::Result<std::vector<std::string>> read_keys(const json::Value& value) {
  if (!value.is_array() || value.size() == 0 || value.size() > kEventsMax)
    return base::fail("keys: write a list of 1 to 1000 keys");
  std::vector<std::string> keys;
  for (const json::Value& one : value.elements()) {
    auto key = read_key(one);
    if (!key) return tl::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  return keys;
}

}  // namespace

bool is_event_key(std::string_view text) {
  return text.starts_with("evt_") && text.size() <= kKeyBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

base::Result<delivery::Filter> parse_filter(std::string_view query) {
  delivery::Filter filter;
  std::vector<std::string_view> seen;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::string_view name = part.substr(0, part.find('='));
    const auto value = http::percent_decoded(part.substr(std::min(part.size(), name.size() + 1)));
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return base::fail("the parameter " + in_quotes(name) + " is there twice");
    seen.push_back(name);
    if (!value) return base::fail("the value of " + in_quotes(name) + " has a broken % escape");
    if (auto read = read_parameter(name, *value, filter); !read) return tl::unexpected(read.error());
  }
  return filter;
}

base::Result<TakeRequest> parse_take(std::string_view body) {
  static const Form form{{"max", "lease_seconds"}, R"({"max":10,"lease_seconds":60}, or none)"};
  TakeRequest request;
  if (body.empty()) return request;
  const auto document = parse_body(body, form);
  if (!document) return tl::unexpected(document.error());
  const auto most = read_number(document->root(), "max", static_cast<std::int64_t>(request.most), kEventsMax);
  if (!most) return tl::unexpected(most.error());
  const auto lease = read_number(document->root(), "lease_seconds", request.lease.count(), kLeaseSecondsMax);
  if (!lease) return tl::unexpected(lease.error());
  return TakeRequest{static_cast<std::size_t>(*most), std::chrono::seconds{*lease}};
}

base::Result<AckRequest> parse_ack(std::string_view body) {
  static const Form form{{"lease", "keys"}, R"({"lease":"...","keys":["evt_..."]})"};
  const auto document = parse_body(body, form);
  if (!document) return tl::unexpected(document.error());
  AckRequest request{find_text(document->root(), "lease", kLeaseNameBytesMax), {}};
  if (request.lease.empty()) return base::fail("lease: write a text, as in " + std::string(form.example));
  const auto written = document->root().find("keys");
  if (!written) return request;
  auto keys = read_keys(*written);
  if (!keys) return base::fail(keys.error().message + "; without keys all of the lease is acknowledged");
  request.keys = std::move(*keys);
  return request;
}

base::Result<std::vector<std::string>> parse_redeliver(std::string_view body) {
  static const Form form{{"key", "keys"}, R"({"key":"evt_..."} or {"keys":["evt_..."]})"};
  const auto document = parse_body(body, form);
  if (!document) return tl::unexpected(document.error());
  const auto key = document->root().find("key");
  const auto keys = document->root().find("keys");
  if (key.has_value() == keys.has_value())
    return base::fail("write either key or keys: " + std::string(form.example));
  if (keys) return read_keys(*keys);
  auto one = read_key(*key);
  if (!one) return tl::unexpected(one.error());
  return std::vector{std::move(*one)};
}

base::Result<std::string> parse_forget(std::string_view body) {
  static const Form form{{"call"}, R"({"call":"..."})"};
  const auto document = parse_body(body, form);
  if (!document) return tl::unexpected(document.error());
  std::string call = find_text(document->root(), "call", delivery::kWrittenCallMost);
  if (call.empty())
    return base::fail("call: " + std::string(kCallAsShown) + ": " + std::string(form.example));
  return call;
}

}  // namespace callgate::admin
