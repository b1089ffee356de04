// SPDX-License-Identifier: Apache-2.0
#include <callgate/admin/inbox.hpp>
#include <callgate/base/clock.hpp>
#include <callgate/config/inbox_command.hpp>
#include <cstdio>

#include "admin_client.hpp"
#include "inbox_api.hpp"
#include "inbox_file.hpp"
#include "terminal_text.hpp"
#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr int kNotDone = 1;
constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 20;
constexpr std::chrono::seconds kFilePatience{60};  // nobody else waits for the file

base::Result<http::Response> ask_file(const std::string& path, const http::Request& request) {
  const auto store = open_inbox_file(path);
  if (!store) return tl::unexpected(store.error());
  return admin::answer_inbox({.store = store->get(), .patience = kFilePatience}, request.head, request.body,
                             base::system_clock().wall());
}

}  // namespace

int inbox(const std::vector<std::string>& arguments) {
  const auto command = config::read_inbox(arguments);
  if (!command) {
    std::fputs(command.error().text.c_str(), command.error().exit_code == 0 ? stdout : stderr);
    return command.error().exit_code;
  }
  const http::Request request = inbox_request(*command);
  const auto answer = command->admin
                          ? ask_admin(*command->admin, command->admin_token, request, kAnswerBytesMax)
                          : ask_file(command->file, request);
  const Outcome outcome =
      answer ? inbox_outcome(*command, command->admin ? command->admin->origin() : command->file, *answer)
             : Outcome{kNotDone, {}, shown(answer.error().message)};
  std::fputs(outcome.output.c_str(), stdout);
  if (!outcome.errors.empty()) std::fprintf(stderr, "callgate inbox: %s\n", outcome.errors.c_str());
  return outcome.exit_code;
}

}  // namespace callgate::console
