// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signature verification (RFC 7515 section 5.2, RFC 7518 section 3, RFC 8037). Any thread; threads share
// nothing that changes (each keeps a few OpenSSL contexts of its own). No exception, no access to clocks or
// files.

#include <callgate/jose/compact_token.hpp>
#include <callgate/jose/key.hpp>
#include <callgate/refusal/reason.hpp>
#include <span>
#include <string>
#include <vector>

namespace callgate::jose {

// The payload of a token whose signature held. Only verify() can make one: whoever holds it holds the proof.
class VerifiedPayload {
 public:
  const std::string& text() const { return text_; }
  const std::string& kid() const { return kid_; }
  Algorithm algorithm() const { return algorithm_; }

 private:
  friend refusal::Judged<VerifiedPayload> verify(const CompactToken&, const Key&);
  VerifiedPayload(std::string text, std::string kid, Algorithm algorithm)
      : text_(std::move(text)), kid_(std::move(kid)), algorithm_(algorithm) {}
  std::string text_;
  std::string kid_;
  Algorithm algorithm_;
};

// Refuses with key_unsuitable (type, curve or `alg` of the key do not fit the token's algorithm) or
// signature_invalid. The key is the one that the token's kid names; the caller has looked it up.
refusal::Judged<VerifiedPayload> verify(const CompactToken& token, const Key& key);

// One token and the key that its kid names; both outlive the call.
struct Task {
  const CompactToken* token;
  const Key* key;
};

// Several tokens together: the same verdicts as one by one, in the same order.
std::vector<refusal::Judged<VerifiedPayload>> verify_all(std::span<const Task> tasks);

}  // namespace callgate::jose
