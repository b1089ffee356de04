// SPDX-License-Identifier: Apache-2.0
#pragma once
// `callgate inbox`: the request to /api/v1/inbox that a command stands for, and what its answer says. Pure.

#include <callgate/config/inbox_command.hpp>
#include <callgate/http/message.hpp>
#include <string>

namespace callgate::console {

http::Request inbox_request(const config::InboxCommand& command);

struct Outcome {
  int exit_code = 0;
  std::string output{};  // for standard output
  std::string errors{};  // for standard error
};
// `where` was asked: a gateway's origin, or a file.
Outcome inbox_outcome(const config::InboxCommand& command, const std::string& where,
                      const http::Response& answer);

}  // namespace callgate::console
