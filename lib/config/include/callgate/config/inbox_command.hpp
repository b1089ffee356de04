// SPDX-License-Identifier: Apache-2.0
#pragma once
// What `callgate inbox VERB` was told, checked and typed.

#include <callgate/base/redacted.hpp>
#include <callgate/config/settings.hpp>
#include <callgate/delivery/event.hpp>
#include <callgate/http/url.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace callgate::config {

enum class InboxVerb { list, show, take, ack, redeliver, forget, stats };

struct InboxCommand {
  InboxVerb verb = InboxVerb::list;

  // The running gateway to ask, and the token that it wants; else the file, which no gateway may have open.
  std::optional<http::Url> admin;
  base::Redacted<std::string> admin_token;
  std::string file;  // empty with `admin`
  bool json = false;

  std::optional<delivery::State> state;  // list; nothing: any
  std::int64_t after = 0;                // list: greater numbers alone
  int limit = 100;                       // list, 1 to 1000
  int most = 10;                         // take, 1 to 1000
  std::chrono::seconds lease{60};        // take, up to half an hour
  std::string lease_id;                  // ack
  std::string call;                      // list (empty: any) and forget
  std::vector<std::string> keys;         // show: one; redeliver: some; ack: none are all of the lease
};

// `arguments` are those behind "inbox". The file is --inbox, or what --config says; --admin goes before both.
tl::expected<InboxCommand, Stop> read_inbox(const std::vector<std::string>& arguments);

}  // namespace callgate::config
