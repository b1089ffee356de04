// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the application receives, and what of its answer goes back: pure transformations of messages
// (CONTRACT-stable names: Callgate-*). Sending is net's.

#include <callgate/gate/column.hpp>
#include <callgate/http/message.hpp>
#include <string>

namespace callgate::gateway {

// What callgate vouches for in a forwarded request.
struct Proof {
  std::string request_id;
  std::string provider;
  const gate::ProvenToken* token;  // null: a secret in the query is all there is
  base::WallTime received_at;
};

// Method, target, body and end-to-end fields as they came. Authorization, hop-by-hop fields, and every field
// in any spelling that could be taken for ours (case, '_' for '-') are left out; Callgate-* fields are added.
http::Request forwarded_request(const http::RequestHead& head, std::string body, const Proof& proof);

// Status, end-to-end fields and body of the application's answer, with our X-Request-Id.
http::Response returned_response(http::Response answer, const std::string& request_id);

}  // namespace callgate::gateway
