// SPDX-License-Identifier: Apache-2.0
#pragma once
// The documents of /api/v1/inbox as text for a terminal. Pure; what came from elsewhere cannot paint it.

#include <callgate/json/document.hpp>
#include <string>
#include <string_view>

namespace callgate::console {

// `document` is the text that was parsed.
std::string inbox_list_text(const json::Value& root);
std::string inbox_event_text(const json::Value& root, std::string_view document);
std::string inbox_stats_text(const json::Value& root);
std::string inbox_lease_text(const json::Value& root);

}  // namespace callgate::console
