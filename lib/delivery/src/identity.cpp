// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/delivery/identity.hpp>
#include <callgate/digest/sha2.hpp>
#include <cstdint>
#include <initializer_list>

namespace callgate::delivery {
namespace {

using refusal::Judged;

constexpr std::string_view kContext = "context:", kAlone = "event:", kConnection = "call:";
// A connection id of the service has 36 characters or about twice as many.
constexpr std::size_t kConnectionIdMost = 256;
constexpr std::size_t kKeyDigits = 32;

// In hexadecimal, over each text with its length in eight bytes before it.
Judged<std::string> digest_of(std::initializer_list<std::string_view> texts) {
  std::string measured;
  for (const std::string_view text : texts) {
    for (int shift = 56; shift >= 0; shift -= 8)
      measured += static_cast<char>((std::uint64_t{text.size()} >> shift) & 0xFFU);
    measured += text;
  }
  const digest::Digest digest = digest::hash(digest::Sha2::sha256, measured);
  if (digest.size == 0)
    return refusal::refuse(refusal::Reason::inbox_unavailable, "no digest could be made to name the event");
  return digest::to_hex(digest.view());
}

Judged<std::string> named(std::string_view prefix, Judged<std::string> digest) {
  if (digest) digest->insert(0, prefix);
  return digest;
}

// Whether a connection id that starts like this could be taken for a name of ours.
bool looks_like_ours(std::string_view id) {
  const std::array ours{kContext, kAlone, kConnection};
  return std::any_of(ours.begin(), ours.end(), [&](std::string_view o) { return id.starts_with(o); });
}

}  // namespace

Judged<std::string> call_of(const events::Event& event) {
  const std::string& connection = event.call_connection_id;
  if (!connection.empty()) {
    if (connection.size() <= kConnectionIdMost && !looks_like_ours(connection)) return connection;
    return named(kConnection, digest_of({connection}));
  }
  if (!event.incoming_call_context.empty()) return named(kContext, digest_of({event.incoming_call_context}));
  return named(kAlone, digest_of({event.source, event.id}));
}

Judged<std::string> event_key(std::string_view route, std::string_view call, std::string_view id) {
  auto digest = digest_of({route, call, id});
  if (digest) digest->resize(kKeyDigits);
  return named("evt_", std::move(digest));
}

}  // namespace callgate::delivery
