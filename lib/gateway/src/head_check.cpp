// SPDX-License-Identifier: Apache-2.0
#include "head_check.hpp"

#include <callgate/gate/handshake.hpp>

namespace callgate::gateway {

using refusal::Judged;
using refusal::Reason;

namespace {

// Whether the callback may come from where it does. An address that cannot be told is none of those allowed.
Judged<void> check_source(const net::Exchange& exchange, const config::ServerSettings& server,
                          const config::RouteSettings& route) {
  if (route.allowed_sources.empty()) return {};
  // With a PROXY header the peer is the source already.
  const auto source = server.proxy_protocol ? std::optional(exchange.peer())
                                            : http::find_source(exchange.peer(), exchange.head().headers,
                                                                server.trusted_proxies);
  if (source && http::is_in(*source, route.allowed_sources)) return {};
  return refusal::refuse(Reason::source_not_allowed,
                         "callbacks from this address are not taken on this route");
}

}  // namespace

Judged<void> check_head(const net::Exchange& exchange, const config::ServerSettings& server,
                        const Judging::Route& route) {
  const http::RequestHead& head = exchange.head();
  const bool consent = route.takes_handshakes && gate::asks_consent(head.method, head.headers);
  if (head.method != "POST" && !consent)
    return refusal::refuse(Reason::method_not_allowed, "callbacks are sent with POST");
  for (const std::string_view expectation : head.headers.list("Expect")) {
    if (!http::equals_ignoring_case(expectation, "100-continue"))
      return refusal::refuse(Reason::expectation_failed, "only the expectation 100-continue can be met");
  }
  const std::size_t most = server.limits.body_bytes_max;
  if (exchange.framing().content_length.value_or(0) > most) {
    return refusal::refuse(Reason::body_too_large,
                           "the body may have at most " + std::to_string(most) + " bytes");
  }
  return check_source(exchange, server, *route.settings);
}

Judged<void> check_question(const net::Exchange& exchange, const config::ServerSettings& server,
                            const Judging::Route& route) {
  return check_source(exchange, server, *route.settings);
}

}  // namespace callgate::gateway
