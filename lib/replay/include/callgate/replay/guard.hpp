// SPDX-License-Identifier: Apache-2.0
#pragma once
// The words of the replay guard. A token together with the body that it came with is one use. The first to
// claim a use gets a ticket and owes one word about it: settled (with the status it was answered with) or
// given back (it failed, a retry is a new try). Values only; pure; any thread.

#include <array>
#include <callgate/base/clock.hpp>
#include <callgate/refusal/reason.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace callgate::replay {

using Sha256 = std::array<unsigned char, 32>;

// Which token: SHA-256 of its signed text, that is of header and payload as sent, with the dot between them.
// Not of its signature: whoever holds an ECDSA signature can make another one that holds as well.
class TokenKey {
 public:
  // From a token in compact form. It means something only for a text that jose::CompactToken::parse took and
  // whose signature held. Refuses with token_malformed if the text has no signature to leave out, with
  // replay_store_unavailable if OpenSSL refuses to hash.
  static refusal::Judged<TokenKey> of_token(std::string_view text);

  const Sha256& bytes() const { return bytes_; }
  // The first twelve hexadecimal digits, for logs: tells tokens apart and gives nothing of them away.
  std::string short_text() const;
  friend bool operator==(const TokenKey&, const TokenKey&) = default;

 private:
  explicit TokenKey(const Sha256& bytes) : bytes_(bytes) {}
  Sha256 bytes_;
};

// What it came with: a digest of route and body, each with its length, so that no other pair gives the same.
class BodyMark {
 public:
  // `attributes` is what else makes the event: in binary mode the ce-* fields, in an order that a retry
  // repeats; empty where the body holds everything. Refuses with replay_store_unavailable if OpenSSL refuses.
  static refusal::Judged<BodyMark> of(std::string_view route, std::string_view body,
                                      std::string_view attributes = {});

  const Sha256& bytes() const { return bytes_; }
  friend bool operator==(const BodyMark&, const BodyMark&) = default;

 private:
  explicit BodyMark(const Sha256& bytes) : bytes_(bytes) {}
  Sha256 bytes_;
};

// What happens to a body that its token did not come with before, while the token came with another one.
// Nothing else depends on the mode.
enum class Mode : std::uint8_t {
  enforce,  // token_replayed
  observe,  // let through and told, up to kObservedBodiesMax bodies for a token; then token_replayed
};
inline constexpr std::size_t kObservedBodiesMax = 8;

// What to say to a sender that meets a use in work elsewhere.
inline constexpr std::chrono::seconds kRetryAfter{1};

// Both clocks, read together.
struct Moment {
  base::WallTime wall;
  base::MonoTime mono;
};

// One use of a token, to be claimed only after signature, claims and body held.
struct Use {
  TokenKey token;
  BodyMark body;
  Mode mode;
  // From then on no request with this token is judged well any more: expiry, plus the skew it is judged with
  // (the largest, where they differ), plus the longest way from that judgement to the claim (the time a body
  // may take, and a wait for a use in work). A claim from then on is refused as token_expired.
  base::WallTime forget_after;
  // When the issuer made the token by its own word (iat, else nbf), if it says so. With it a record outlives
  // its token even if this machine's clock was ahead at the claim and is set back later.
  std::optional<base::WallTime> made_at = std::nullopt;
  // How long the claim may stay unsettled before a retry takes its place: the upstream's time-out and 5 s.
  std::chrono::milliseconds lease{};
};

// The right to say what became of a use. `fence` grows with each claim of it: whoever was overtaken after
// its lease holds a number that counts no more.
struct Ticket {
  TokenKey token;
  BodyMark body;
  std::uint64_t fence;
};

// Nobody has this use: deliver it, then settle the ticket or give it back.
struct First {
  Ticket ticket;
  // With how many other bodies the token came before; above 0 only under observe: count it and log it. 0 also
  // where a try whose lease ran out is taken up again.
  std::size_t other_bodies = 0;
};

// Settled before: answer this status with a body of our own, and deliver nothing.
struct Repeat {
  int status;
};

// In work: under a lease that ends in `lease_left`.
struct Pending {
  // True: ReplayStore::await tells its outcome; wait for `lease_left` at most, then claim again. False: the
  // lease is another process's: 503 with kRetryAfter.
  bool here;
  std::chrono::milliseconds lease_left;
};

// The refusal is token_replayed, token_expired, or replay_store_unavailable (the store is full or does not
// answer): deliver nothing.
using Outcome = std::variant<First, Repeat, Pending, refusal::Refusal>;

// What became of a use that somebody waited for.
struct Awaited {
  enum class What : std::uint8_t {
    settled,      // `status` is its answer: as Repeat
    open,         // given back or forgotten: claim it, this is a new try
    unavailable,  // too many wait, or the store does not answer: 503 with kRetryAfter
  };
  What what;
  int status = 0;
  friend bool operator==(const Awaited&, const Awaited&) = default;
};

// An outcome as one word, for the metric callgate_replay_total.
enum class Result : std::uint8_t { first, other_body, repeat, pending, replayed, expired, unavailable };
inline constexpr std::size_t kResultCount = 7;
Result result_of(const Outcome& outcome);
std::string_view to_text(Result result);

}  // namespace callgate::replay
