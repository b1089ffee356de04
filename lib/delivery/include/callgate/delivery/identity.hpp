// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an event is called here, and which events wait for each other. Pure, any thread.

#include <callgate/events/batch.hpp>
#include <callgate/refusal/reason.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace callgate::delivery {

// Names what the event's order depends on; no two different things have the same name:
//   its call connection id, as it is where that can be mistaken for nothing else (and is short);
//   else "context:" and a digest of its incoming-call context, which is personal data and is not kept;
//   else "event:" and a digest of its source and id: it waits for nobody.
// Refuses with inbox_unavailable if OpenSSL refuses to hash.
refusal::Judged<std::string> call_of(const events::Event& event);

// What people write for a call, as the name that its events have: one of the names above is itself, anything
// else is the call's connection id. Refuses with inbox_unavailable if OpenSSL refuses to hash.
refusal::Judged<std::string> call_named(std::string_view written);
// So long may it be; longer ids have their digest for a name, which is short.
inline constexpr std::size_t kWrittenCallMost = std::size_t{8} << 10;

// "evt_" and 32 hexadecimal digits of a SHA-256 over the three, each with its length: printable, the same for
// ever, and different for any other three. Refuses with inbox_unavailable if OpenSSL refuses to hash.
refusal::Judged<std::string> event_key(std::string_view route, std::string_view call, std::string_view id);

}  // namespace callgate::delivery
