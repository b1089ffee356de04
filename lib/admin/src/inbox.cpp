// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/admin/inbox.hpp>
#include <callgate/delivery/identity.hpp>

#include "inbox_request.hpp"
#include "inbox_view.hpp"
#include "problem.hpp"
#include "store_answer.hpp"

namespace callgate::admin {
namespace {

// What a request holds beside its path.
struct Asked {
  std::string_view query;
  std::string_view body;
  base::WallTime now;
};

http::Response document(std::string body) {
  return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

http::Response store_failed(const std::string& message) {
  http::Response response = problem(503, message);
  response.headers.add("Retry-After", "2");
  return response;
}

http::Response list(const InboxAccess& inbox, const Asked& asked) {
  auto filter = parse_filter(asked.query);
  if (!filter) return problem(400, filter.error().message);
  if (!filter->call.empty()) {
    auto name = delivery::call_named(filter->call);
    if (!name) return store_failed(name.error().detail);
    filter->call = std::move(*name);
  }
  const auto events = ask_store<std::vector<delivery::Stored>>(
      inbox.patience, [&](auto done) { inbox.store->list(*filter, std::move(done)); });
  if (!events) return store_failed(events.error().message);
  return document(inbox_list_json(*events, filter->most));
}

http::Response show(const InboxAccess& inbox, std::string_view key) {
  const auto event = ask_store<std::optional<delivery::Stored>>(
      inbox.patience, [&](auto done) { inbox.store->show(std::string(key), std::move(done)); });
  if (!event) return store_failed(event.error().message);
  if (!*event)
    return problem(404,
                   "the inbox has no event with this key; it was never there, is forgotten, or was "
                   "taken or delivered so long ago that it is no longer kept");
  return document(inbox_event_json(**event));
}

http::Response stats(const InboxAccess& inbox, const Asked& asked) {
  const auto stats =
      ask_store<delivery::Stats>(inbox.patience, [&](auto done) { inbox.store->stats(std::move(done)); });
  if (!stats) return store_failed(stats.error().message);
  return document(inbox_stats_json(*stats, inbox.pushed, inbox.store->trouble(), asked.now));
}

http::Response take(const InboxAccess& inbox, const Asked& asked) {
  const auto request = parse_take(asked.body);
  if (!request) return problem(400, request.error().message);
  if (inbox.pushed)
    return problem(409,
                   "this gateway pushes its inbox to an upstream; to take events, configure the routes "
                   "without one");
  const auto lease = ask_store<delivery::Lease>(inbox.patience, [&](auto done) {
    inbox.store->take(request->most, request->lease, asked.now, std::move(done));
  });
  if (!lease) return store_failed(lease.error().message);
  return document(inbox_lease_json(*lease));
}

http::Response ack(const InboxAccess& inbox, const Asked& asked) {
  const auto request = parse_ack(asked.body);
  if (!request) return problem(400, request.error().message);
  const auto count = ask_store<std::size_t>(inbox.patience, [&](auto done) {
    inbox.store->ack(request->lease, request->keys, asked.now, std::move(done));
  });
  if (!count) return store_failed(count.error().message);
  if (*count == 0)
    return problem(409,
                   "nothing was acknowledged: the lease ran out or never was, or these events are not of it "
                   "or are acknowledged already; what was not comes again with take");
  return document(inbox_count_json("acknowledged", *count));
}

http::Response redeliver(const InboxAccess& inbox, const Asked& asked) {
  const auto keys = parse_redeliver(asked.body);
  if (!keys) return problem(400, keys.error().message);
  const Deadline deadline = std::chrono::steady_clock::now() + inbox.patience;
  std::vector<StoreAnswer<bool>> answers(keys->size());
  for (std::size_t i = 0; i < keys->size(); ++i)
    inbox.store->redeliver((*keys)[i], asked.now, answers[i].taker());
  std::size_t count = 0;
  std::string failed;
  for (const auto& answer : answers) {
    const auto done = answer.wait(deadline);
    if (!done) failed = done.error().message;
    if (done && *done) ++count;
  }
  // Also after a failure: what was not told may have been done.
  if (inbox.changed && (count > 0 || !failed.empty())) inbox.changed();
  if (!failed.empty())
    return store_failed(std::to_string(count) + " of " + std::to_string(keys->size()) +
                        " are queued again; " + failed);
  if (count == 0) return problem(404, "nothing was queued again: there is no such event, or it is queued");
  return document(inbox_count_json("redelivered", count));
}

http::Response forget(const InboxAccess& inbox, const Asked& asked) {
  const auto call = parse_forget(asked.body);
  if (!call) return problem(400, call.error().message);
  const auto name = delivery::call_named(*call);
  if (!name) return store_failed(name.error().detail);
  const auto count =
      ask_store<std::size_t>(inbox.patience, [&](auto done) { inbox.store->forget(*name, std::move(done)); });
  if (!count) return store_failed(count.error().message);
  return document(inbox_count_json("forgotten", *count));
}

struct Action {
  std::string_view name;  // behind "/api/v1/inbox"; what is not here is the key of an event
  bool post;
  http::Response (*act)(const InboxAccess&, const Asked&);
};

constexpr std::array kActions{
    Action{"", false, list},   Action{"/stats", false, stats},        Action{"/take", true, take},
    Action{"/ack", true, ack}, Action{"/redeliver", true, redeliver}, Action{"/forget", true, forget},
};

http::Response wrong_method(bool post) {
  const std::string allowed = post ? "POST" : "GET, HEAD";
  http::Response response = problem(405, "this path takes " + allowed);
  response.headers.add("Allow", allowed);
  return response;
}

}  // namespace

bool is_inbox_path(std::string_view path) {
  return path == kInboxPath || (path.starts_with(kInboxPath) && path[kInboxPath.size()] == '/');
}

http::Response answer_inbox(const InboxAccess& inbox, const http::RequestHead& head, std::string_view body,
                            base::WallTime now) {
  if (inbox.store == nullptr)
    return problem(404,
                   "this gateway has no inbox; give one with --inbox FILE, or [inbox] path and a route with "
                   "deliver = \"inbox\" in the configuration");
  const std::string_view rest = head.path().substr(kInboxPath.size());
  const auto* action =
      std::find_if(kActions.begin(), kActions.end(), [&](const Action& a) { return a.name == rest; });
  const bool post = action != kActions.end() && action->post;
  const bool fits = post ? head.method == "POST" : head.method == "GET" || head.method == "HEAD";
  if (!fits) return wrong_method(post);
  const bool is_event = action == kActions.end();
  if (is_event && !is_event_key(rest.substr(1)))
    return problem(404,
                   "there is nothing at this path; below /api/v1/inbox are stats, the key of an event "
                   "(evt_...), and with POST take, ack, redeliver and forget");
  const bool is_list = rest.empty();
  if (!is_list && !head.query().empty())
    return problem(400, "this path takes no parameters; leave out what stands behind the '?'");
  if (is_event) return show(inbox, rest.substr(1));
  return action->act(inbox, {head.query(), body, now});
}

}  // namespace callgate::admin
