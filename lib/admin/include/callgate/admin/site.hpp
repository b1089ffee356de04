// SPDX-License-Identifier: Apache-2.0
#pragma once
// Everything the admin port answers: which path, who may ask, and what is shown. Pure steering over the port
// Commands; the gateway brings socket and thread.

#include <callgate/admin/commands.hpp>
#include <callgate/base/redacted.hpp>
#include <callgate/http/message.hpp>
#include <callgate/http/url.hpp>
#include <string>

namespace callgate::admin {

struct SiteSettings {
  http::Endpoint listen;                // as bound: its host is a valid Host field
  base::Redacted<std::string> token{};  // empty: none is asked for (loopback only)
};

struct Answer {
  http::Response response;
  bool follows_verdicts = false;  // the response is the beginning of a stream of them
  std::uint64_t after = 0;        // the last verdict that the reader of the stream has
};

// The answer to any request on the admin port.
//   /livez, /readyz            anyone: no token, no Host check
//   everything else            the Host field must be an IP address, "localhost" or the configured host, any
//                              port (against DNS rebinding); with a token configured, it must come as
//                              Authorization: Bearer, compared in constant time
//   POST                       also refused where a browser says that another site sent it (Origin,
//                              Sec-Fetch-Site)
// Errors are problem documents (RFC 9457). The thread is the one that `commands` is asked from.
Answer answer(const SiteSettings& settings, Commands& commands, const http::RequestHead& head,
              std::string_view body);

// Whether answer() may wait for the store, up to ten seconds (admin/inbox.hpp): then it belongs on a thread
// that has the time. What is refused for its Host field or its token does not wait, nor does anything else.
bool may_wait(const SiteSettings& settings, const http::RequestHead& head);
// The answer, 503, to one that may wait, where others wait already.
http::Response refuse_to_wait();

}  // namespace callgate::admin
