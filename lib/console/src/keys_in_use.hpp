// SPDX-License-Identifier: Apache-2.0
#pragma once
// `callgate keys --admin URL`: the keys that a running gateway judges with, as its /api/v1/keys tells.

#include <callgate/base/error.hpp>
#include <callgate/base/redacted.hpp>
#include <callgate/http/message.hpp>
#include <callgate/http/url.hpp>
#include <string>
#include <string_view>

namespace callgate::console {

// The gateway's document, or why it could not be had and what to do. Waits for the answer, with a limit.
base::Result<std::string> load_keys_in_use(const http::Url& admin, const base::Redacted<std::string>& token);

// The document in an answer to GET /api/v1/keys at `origin`; else what the answer means and what to do.
base::Result<std::string> parse_keys_answer(const std::string& origin, const http::Response& answer,
                                            bool token_was_sent);

// The document as a table.
struct KeysInUse {
  std::string text;
  bool every_source_serves = false;  // false also when there is no source
};
base::Result<KeysInUse> parse_keys_in_use(std::string_view document);

}  // namespace callgate::console
