// SPDX-License-Identifier: Apache-2.0
#pragma once
// The inbox for people and for programs that take from it: /api/v1/inbox and what is below. One API with two
// transports: the admin port hands it requests of a running gateway, `callgate inbox` makes the same requests
// for a file that no gateway has open.
//
//   GET  /api/v1/inbox             events without their bodies: ?state=, call=, after=NUMBER, limit=1..1000
//   GET  /api/v1/inbox/stats       how many there are, and how old
//   GET  /api/v1/inbox/KEY         one event and its verdict, still without its body
//   POST /api/v1/inbox/take        lends the next events, bodies included: {"max":10,"lease_seconds":60}
//   POST /api/v1/inbox/ack         {"lease":ID,"keys":[KEY...]}; without keys: all of the lease
//   POST /api/v1/inbox/redeliver   {"key":KEY} or {"keys":[KEY...]}
//   POST /api/v1/inbox/forget      {"call":ID}
//
// A body is what a caller said or who called: it leaves only with take, for whoever works on the event.
// Queries are left out for the same reason, but for take; phone numbers in paths and ids are masked.

#include <callgate/base/clock.hpp>
#include <callgate/delivery/store.hpp>
#include <callgate/http/message.hpp>
#include <chrono>
#include <functional>
#include <string_view>

namespace callgate::admin {

inline constexpr std::string_view kInboxPath = "/api/v1/inbox";

struct InboxAccess {
  delivery::Store* store = nullptr;            // null: there is none, and every answer is 404
  bool pushed = false;                         // somebody pushes what is in there: nobody may take it
  std::function<void()> changed{};             // called after events were queued again
  std::chrono::milliseconds patience{10'000};  // for the store; beyond: 503
};

// Whether the path is this file's to answer.
bool is_inbox_path(std::string_view path);

// The answer to a request whose sender may ask; errors are problem documents. Waits for the store, and so may
// not be called on the thread on which the store calls back. What the store does after the wait was given up
// is done all the same: events that were lent then come back when their lease is over. Any thread.
http::Response answer_inbox(const InboxAccess& inbox, const http::RequestHead& head, std::string_view body,
                            base::WallTime now);

}  // namespace callgate::admin
