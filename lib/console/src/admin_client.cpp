// SPDX-License-Identifier: Apache-2.0
#include "admin_client.hpp"

#include <callgate/net/client.hpp>
#include <callgate/net/worker.hpp>
#include <optional>

namespace callgate::console {

base::Result<http::Response> ask_admin(const http::Url& admin, const base::Redacted<std::string>& token,
                                       http::Request request, std::size_t bytes_max) {
  if (admin.scheme != "http")
    return base::fail("--admin " + admin.origin() +
                      ": only http:// is spoken here; ask on the gateway's own "
                      "machine, or through a tunnel (ssh -L)");
  request.head.headers.add("Accept", "application/json");
  if (!token.reveal().empty()) request.head.headers.add("Authorization", "Bearer " + token.reveal());
  std::optional<tl::expected<http::Response, net::ClientError>> result;
  net::Worker worker;
  net::send(worker, admin, std::move(request), {.body_bytes_max = bytes_max}, [&](auto answer) {
    result = std::move(answer);
    worker.stop();
  });
  worker.run();
  if (result && *result) return std::move(**result);
  return base::fail("no gateway: " + (result ? result->error().message : "no answer came") +
                    "; is it running, and is this the admin address that it printed when it became ready?");
}

std::string why_no_answer(const std::string& origin, int status, bool token_was_sent) {
  const std::string said = origin + " answered " + std::to_string(status);
  if (status == 401 && token_was_sent)
    return said + ": it has another token; give the file that its admin_token_file names";
  if (status == 401)
    return said +
           ": it wants a token; give --admin-token-file FILE, the file that its admin_token_file names";
  if (status == 421)
    return said +
           ": it does not answer to this host name; use its IP address or localhost, and the port on which "
           "it "
           "listens";
  return said + "; is it the admin address of a callgate, or its public one?";
}

}  // namespace callgate::console
