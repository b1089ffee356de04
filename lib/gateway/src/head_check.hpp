// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the head of a request alone decides, before any token is looked at: method, expectation, declared
// length, source. Pure.

#include <callgate/net/server.hpp>

#include "judging.hpp"

namespace callgate::gateway {

// Of a callback. In the order of the checks.
refusal::Judged<void> check_head(const net::Exchange& exchange, const config::ServerSettings& server,
                                 const Judging::Route& route);

// Of another proxy's question about a callback that this proxy holds: any method, no body.
refusal::Judged<void> check_question(const net::Exchange& exchange, const config::ServerSettings& server,
                                     const Judging::Route& route);

}  // namespace callgate::gateway
