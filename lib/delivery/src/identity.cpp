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
constexpr std::size_t kKeyDigits = 32, kDigestDigits = 64;

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

constexpr std::array kOurs{kContext, kAlone, kConnection};

// Whether a connection id that starts like this could be taken for a name of ours.
bool looks_like_ours(std::string_view id) {
  return std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view o) { return id.starts_with(o); });
}

bool is_ours(std::string_view name) {
  return std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view o) {
    return name.starts_with(o) && name.size() == o.size() + kDigestDigits &&
           name.find_first_not_of("0123456789abcdef", o.size()) == std::string_view::npos;
  });
}

Judged<std::string> connection_name(std::string_view id) {
  if (id.size() <= kConnectionIdMost && !looks_like_ours(id)) return std::string(id);
  return named(kConnection, digest_of({id}));
}

}  // namespace

Judged<std::string> call_of(const events::Event& event) {
  if (!event.call_connection_id.empty()) return connection_name(event.call_connection_id);
  if (!event.incoming_call_context.empty()) return named(kContext, digest_of({event.incoming_call_context}));
  return named(kAlone, digest_of({event.source, event.id}));
}

Judged<std::string> call_named(std::string_view written) {
  if (is_ours(written)) return std::string(written);
  return connection_name(written);
}

Judged<std::string> event_key(std::string_view route, std::string_view call, std::string_view id) {
  auto digest = digest_of({route, call, id});
  if (digest) digest->resize(kKeyDigits);
  return named("evt_", std::move(digest));
}

}  // namespace callgate::delivery
