// SPDX-License-Identifier: Apache-2.0
#pragma once
// A signed token in compact form (RFC 7515 section 7.1), read but NOT verified: nothing in it may steer
// anything but the choice of key and algorithm row. The payload stays closed here; jose::verify opens it.
// Owns its text; immutable; any thread. Streams show it redacted.

#include <callgate/jose/algorithm.hpp>
#include <callgate/refusal/reason.hpp>
#include <ostream>
#include <string>
#include <string_view>

namespace callgate::jose {

class VerifiedPayload;
class Key;

inline constexpr std::size_t kTokenBytesMax = std::size_t{16} * 1024;

class CompactToken {
 public:
  // Size, three segments, strict base64url, header a strict JSON object, `typ` absent or JWT, no nested
  // token, `alg` a name in `allowed`, no `crit` or `b64`, `kid` a string. jku, jwk, x5u, x5c, x5t are
  // ignored. Refuses with token_too_large, token_malformed, token_type_unexpected, algorithm_not_allowed or
  // critical_header_unsupported.
  static refusal::Judged<CompactToken> parse(std::string_view text, AlgorithmSet allowed,
                                             std::size_t bytes_max = kTokenBytesMax);

  Algorithm algorithm() const { return algorithm_; }
  const std::string& kid() const { return kid_; }

  friend std::ostream& operator<<(std::ostream& out, const CompactToken&) {
    return out << "[token redacted]";
  }

 private:
  friend refusal::Judged<VerifiedPayload> verify(const CompactToken&, const Key&);
  friend class TokenInspection;
  CompactToken() = default;
  std::string_view signing_input() const { return std::string_view(text_).substr(0, signed_size_); }

  std::string text_;
  std::size_t signed_size_ = 0;
  Algorithm algorithm_{};
  std::string kid_;
  std::string payload_;
  std::string signature_;
};

// What a token says of itself, unverified, for people who ask why it was refused: never for decisions. Every
// part that can be read is there even when others cannot.
class TokenInspection {
 public:
  // Reads as far as it goes; total.
  static TokenInspection of(std::string_view text);

  const std::string& unverified_header() const { return header_; }    // JSON text, or empty
  const std::string& unverified_payload() const { return payload_; }  // JSON text, or empty
  std::size_t segments() const { return segments_; }

 private:
  std::string header_;
  std::string payload_;
  std::size_t segments_ = 0;
};

}  // namespace callgate::jose
