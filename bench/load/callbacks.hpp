// SPDX-License-Identifier: Apache-2.0
#pragma once
// The requests that are sent: made once, chosen many times. Immutable once made; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace callgate::load {

struct Callbacks {
  std::vector<std::string> good;
  std::vector<std::string> bad;     // the same, with a signature that does not hold
  std::vector<std::string> tokens;  // of the good ones
  std::size_t head_size(const std::string& callback) const { return callback.find("\r\n\r\n") + 4; }
};

// Nothing if a file cannot be read or has no token in it.
std::optional<Callbacks> make_callbacks(const std::string& path, const std::string& tokens_file,
                                        const std::string& body_file, bool new_connection_each);

// Event `number` of thread `thread`, and the call that it belongs to.
std::string event_id(const SendOptions& options, unsigned thread, std::uint64_t number);
std::string call_id(const SendOptions& options, unsigned thread, std::uint64_t number);
// The callback that carries it.
std::string event_callback(const SendOptions& options, const Callbacks& callbacks, unsigned thread,
                           std::uint64_t number);

// Writes key set and tokens; 0, or 1 with a word on standard error.
int write_tokens(const TokenOptions& options);

}  // namespace callgate::load
