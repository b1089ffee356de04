// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the application receives, and what of its answer goes back: pure transformations of messages
// (CONTRACT-stable names: Callgate-*). Sending is net's.

#include <callgate/gate/column.hpp>
#include <callgate/http/message.hpp>
#include <optional>
#include <string>

namespace callgate::gateway {

// What callgate vouches for in a forwarded request.
struct Proof {
  std::string request_id;
  std::string provider;
  const gate::ProvenToken* token;  // null: a secret in the query is all there is
  base::WallTime received_at;
};

// Method, target, body and end-to-end fields as they came. Hop-by-hop fields, and every field
// in any spelling that could be taken for ours (case, '_' or another mark for '-') are left out; Callgate-*
// fields are added. The Authorization field passes only if asked for.
http::Request forwarded_request(const http::RequestHead& head, std::string body, const Proof& proof,
                                bool pass_authorization = false);

// Callgate-Shadow: the reason for which the callback would have been refused, or "admit". Only on routes in
// shadow mode, where the application must not take a request that arrives for one that was proven.
void add_shadow_mark(http::Headers& headers, const std::optional<refusal::Reason>& passed);

// 204 with the Callgate-* fields of the proof: the answer to a proxy that asked about a callback it holds.
http::Response vouched(const Proof& proof);

// Status, end-to-end fields and body of the application's answer, with our X-Request-Id.
http::Response returned_response(http::Response answer, const std::string& request_id);

}  // namespace callgate::gateway
