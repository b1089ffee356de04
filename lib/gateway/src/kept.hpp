// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is kept of an admitted callback beside its events, and how a forwarded one is signed. Pure, any
// thread.

#include <callgate/config/settings.hpp>
#include <callgate/delivery/event.hpp>
#include <callgate/events/batch.hpp>
#include <callgate/http/message.hpp>
#include <string>

#include "forward.hpp"

namespace callgate::gateway {

delivery::Passage passage_of(const http::RequestHead& head, const Proof& proof, const std::string& route);

// `headers` are those that the proof's token came in.
delivery::Verdict verdict_of(const Proof& proof, const http::Headers& headers, const std::string& key_set);

// Standard Webhooks for a request that is forwarded at once. `webhook-id` is the same on every try of the
// sender: the key of a lone event, as the inbox would call it, or a name of the whole batch.
void add_signature(http::Request& request, const events::Batch& batch, const config::RouteSettings& route,
                   base::WallTime now);

}  // namespace callgate::gateway
