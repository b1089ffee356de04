// SPDX-License-Identifier: Apache-2.0
#include "inbox_api.hpp"

#include <fmt/format.h>

#include <callgate/admin/inbox.hpp>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <optional>

#include "admin_client.hpp"
#include "inbox_text.hpp"
#include "terminal_text.hpp"

namespace callgate::console {
namespace {

using config::InboxCommand;
using config::InboxVerb;

constexpr int kDone = 0, kNotDone = 1, kUsage = 2;
// What a gateway lends at once is bounded there; this is far beyond.
constexpr json::Limits kAnswer{.bytes_max = std::size_t{256} << 20, .values_max = std::uint32_t{1} << 22};

// As it may stand in a query (RFC 3986 section 2.3).
std::string encoded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string list_query(const InboxCommand& command) {
  std::string query = fmt::format("?limit={}", command.limit);
  if (command.after > 0) query += fmt::format("&after={}", command.after);
  if (command.state) query += fmt::format("&state={}", delivery::to_text(*command.state));
  if (!command.call.empty()) query += "&call=" + encoded(command.call);
  return query;
}

std::string body_of(const InboxCommand& command) {
  json::Writer out;
  out.begin_object();
  if (command.verb == InboxVerb::take)
    out.member("max", command.most).member("lease_seconds", std::int64_t{command.lease.count()});
  if (command.verb == InboxVerb::ack) out.member("lease", std::string_view(command.lease_id));
  if (command.verb == InboxVerb::forget) out.member("call", std::string_view(command.call));
  if (!command.keys.empty()) {
    out.name("keys").begin_array();
    for (const std::string& key : command.keys) out.string(key);
    out.end_array();
  }
  out.end_object();
  return out.take();
}

http::Request make(const char* method, const std::string& below, std::string body = {}) {
  http::Request request;
  request.head.method = method;
  request.head.target = std::string(admin::kInboxPath) + below;
  if (!body.empty()) request.head.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

// How many were, of so many that were named; 0: none by name.
Outcome counted(const json::Value& root, const char* name, const char* words, std::size_t named) {
  const auto member = root.find(name);
  const std::int64_t count = member ? member->as_integer().value_or(0) : 0;
  const bool all = named == 0 || count == static_cast<std::int64_t>(named);
  std::string text = fmt::format("{} {}", words, count);
  if (!all) text += fmt::format(" of {}", named);
  return {all ? kDone : kNotDone, text + "\n", {}};
}

Outcome read_document(const InboxCommand& command, const json::Value& root, const std::string& document) {
  switch (command.verb) {
    case InboxVerb::list:
      return {kDone, inbox_list_text(root), {}};
    case InboxVerb::show:
      return {kDone, inbox_event_text(root, document), {}};
    case InboxVerb::take: {
      const auto events = root.find("events");
      return {events && events->size() > 0 ? kDone : kNotDone, inbox_lease_text(root), {}};
    }
    case InboxVerb::ack:
      return counted(root, "acknowledged", "acknowledged", command.keys.size());
    case InboxVerb::redeliver:
      return counted(root, "redelivered", "queued again", command.keys.size());
    case InboxVerb::forget:
      return counted(root, "forgotten", "forgotten", 0);
    case InboxVerb::stats:
      return {kDone, inbox_stats_text(root), {}};
  }
  return {};
}

// Of a problem document of the API. Those of the public port have a reason.
std::optional<std::string> detail_of(const http::Response& answer) {
  const auto problem = json::parse(answer.body);
  if (!problem || problem->root().find("reason")) return std::nullopt;
  const auto detail = problem->root().find("detail");
  const auto text = detail ? detail->as_string() : std::nullopt;
  if (!text) return std::nullopt;
  return shown(*text);
}

}  // namespace

http::Request inbox_request(const InboxCommand& command) {
  switch (command.verb) {
    case InboxVerb::list:
      return make("GET", list_query(command));
    case InboxVerb::show:
      return make("GET", "/" + encoded(command.keys.empty() ? "" : command.keys.front()));
    case InboxVerb::take:
      return make("POST", "/take", body_of(command));
    case InboxVerb::ack:
      return make("POST", "/ack", body_of(command));
    case InboxVerb::redeliver:
      return make("POST", "/redeliver", body_of(command));
    case InboxVerb::forget:
      return make("POST", "/forget", body_of(command));
    case InboxVerb::stats:
      return make("GET", "/stats");
  }
  return {};
}

Outcome inbox_outcome(const InboxCommand& command, const std::string& where, const http::Response& answer) {
  const bool is_refused = answer.status == 401 || answer.status == 421;
  if (answer.status == 200) {
    const auto document = json::parse(answer.body, json::Strictness::i_json, kAnswer);
    if (document && document->root().is_object()) {
      Outcome outcome = read_document(command, document->root(), answer.body);
      if (command.json) outcome.output = answer.body + "\n";
      return outcome;
    }
  } else if (const auto detail = is_refused ? std::nullopt : detail_of(answer)) {
    return {answer.status == 400 ? kUsage : kNotDone, {}, *detail};
  }
  return {kNotDone, {}, why_no_answer(where, answer.status, !command.admin_token.reveal().empty())};
}

}  // namespace callgate::console
