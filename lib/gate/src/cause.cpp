// SPDX-License-Identifier: Apache-2.0
#include "cause.hpp"

#include <algorithm>
#include <chrono>

namespace callgate::gate {
namespace {

using refusal::Reason;
using std::chrono::seconds;

std::string seconds_text(std::chrono::microseconds span) {
  return std::to_string(std::chrono::ceil<seconds>(span).count()) + " s";
}

Cause malformed(const Evidence& e) {
  if (e.token.empty()) return {"there is no token", "pass what stands behind 'Authorization: Bearer'"};
  const auto dots = std::count(e.token.begin(), e.token.end(), '.');
  if (dots == 4)
    return {"this is an encrypted token (JWE, five segments), not a signed one", "ask for a signed token"};
  if (dots != 2) {
    return {
        "the text has " + std::to_string(dots + 1) + " segments instead of 3: it was cut off or is no JWT",
        "copy the whole token again; logs and terminals cut long lines"};
  }
  if (e.token.find_first_of("= \t\r\n\"'") != std::string_view::npos) {
    return {"the text holds white space, quotes or padding",
            "copy the token again without what surrounds it"};
  }
  return {"the header is not what a signed token has: base64url, JSON, with 'alg' and 'kid'",
          "copy the token again; if it is whole, its sender is not this service"};
}

Cause issuer(const Evidence& e) {
  const std::string found = e.claims != nullptr ? e.claims->issuer.value_or("") : "";
  const std::string& wanted = e.provider.rules.issuer;
  if (found.empty()) return {"the token names no issuer", "it is not one of this service's tokens"};
  if (found == wanted + "/" || found + "/" == wanted) {
    return {"the issuers differ in a trailing slash alone", "write --issuer exactly as the token has it"};
  }
  if (found.starts_with("https://sts.windows.net/") ||
      found.starts_with("https://login.microsoftonline.com/")) {
    return {"this is a Microsoft Entra token, as Event Grid sends it, not a Call Automation token",
            "point the Event Grid subscription at a route of its own"};
  }
  if (found.starts_with("http://127.0.0.1") || found.starts_with("http://localhost")) {
    return {"this token comes from an emulator",
            "start with --issuer and --discovery of that emulator, or use a real token"};
  }
  return {"the token was made by another issuer", "check --issuer, or who sends these callbacks"};
}

Cause audience(const Evidence& e) {
  for (const std::string& wanted : e.provider.rules.audiences) {
    if (wanted.starts_with("/subscriptions/")) {
      return {"an ARM path was given as audience: the service puts the immutable resource ID there, a GUID",
              "take the immutable resource ID from the resource's JSON view (or 'az communication show') and "
              "pass it "
              "as --audience"};
    }
  }
  if (e.claims == nullptr || e.claims->audiences.empty()) {
    return {"the token names no audience", "it is not one of this service's tokens"};
  }
  return {"this is a token for another resource",
          "if the resource shown under 'found' is yours, add it as a second --audience; else somebody sends "
          "you the "
          "callbacks of theirs"};
}

Cause expired(const Evidence& e) {
  if (e.claims == nullptr || !e.claims->expires_at) return {"the token has expired", "get a fresh one"};
  const auto late = e.now - *e.claims->expires_at;
  if (late < std::chrono::minutes{15}) {
    return {"your clock is up to " + seconds_text(late) + " ahead, or the callback came that late",
            "compare the clock with a time server (chronyc tracking); to judge as of then use --at"};
  }
  return {"the token is old: it expired " + seconds_text(late) + " ago",
          "tokens live five minutes; judge it as of its own time with --at, or use a fresh one"};
}

Cause too_early(const Evidence& e) {
  auto ahead = std::chrono::microseconds{0};
  if (e.claims != nullptr) {
    if (e.claims->not_before)
      ahead = std::max<std::chrono::microseconds>(ahead, *e.claims->not_before - e.now);
    if (e.claims->issued_at) ahead = std::max<std::chrono::microseconds>(ahead, *e.claims->issued_at - e.now);
  }
  return {"your clock is " + seconds_text(ahead) + " behind",
          "compare the clock with a time server (chronyc tracking)"};
}

Cause lifetime(const Evidence& e) {
  const bool dated =
      e.claims != nullptr && e.claims->expires_at && (e.claims->issued_at || e.claims->not_before);
  if (dated) {
    const auto born = e.claims->issued_at ? e.claims->issued_at : e.claims->not_before;
    const auto life = *e.claims->expires_at - *born;
    if (life > std::chrono::hours{23} && life < std::chrono::hours{25}) {
      return {"this is a WebSocket token: those live 24 hours, callback tokens five minutes",
              "find out how a media-streaming token got to the callback address"};
    }
  }
  return {"the token lives longer than callbacks of this sender do", "check who made it, or --max-lifetime"};
}

Cause algorithm(const Evidence&) {
  return {
      "the token is unsigned, signed with a shared secret, or of another sender: this one signs with a key "
      "pair",
      "treat it as forged unless you know the sender"};
}

}  // namespace

Cause find_cause(const Evidence& e) {
  switch (e.reason) {
    case Reason::token_missing:
    case Reason::token_malformed:
      return malformed(e);
    case Reason::scheme_unsupported:
      return {"the field holds other credentials", "pass a bearer token"};
    case Reason::token_too_large:
      return {"the text is larger than any callback token", "check what was pasted"};
    case Reason::token_type_unexpected:
      return {"this is another kind of token (an access token or a security event, say)",
              "pass the token of a callback"};
    case Reason::algorithm_not_allowed:
      return algorithm(e);
    case Reason::critical_header_unsupported:
      return {"the token demands an extension of JWS",
              "no callback of this service does; treat it as forged"};
    case Reason::key_unknown:
      return {
          "the key was rotated away, the keys at hand are older than the token, or it is another issuer's "
          "token",
          "fetch the keys again and compare the issuer below"};
    case Reason::key_unsuitable:
      return {"the issuer's key of this name is for another algorithm", "treat the token as forged"};
    case Reason::signature_invalid:
      return {
          "the token was changed after it was signed, or signed by somebody who only borrowed the key's name",
          "copy the token again; if the result stays, treat it as forged"};
    case Reason::claims_malformed:
      return {"the claims are not what a JSON Web Token holds", "it is not one of this service's tokens"};
    case Reason::issuer_mismatch:
      return issuer(e);
    case Reason::audience_mismatch:
      return audience(e);
    case Reason::expiry_missing:
      return {"the token has no 'exp'", "it is not one of this service's tokens"};
    case Reason::token_expired:
      return expired(e);
    case Reason::token_not_yet_valid:
    case Reason::issued_in_future:
      return too_early(e);
    case Reason::lifetime_too_long:
      return lifetime(e);
    case Reason::claim_mismatch:
      return {"a claim that this sender's tokens must have is missing or different",
              "see the failed check above for its name; another application or tenant may be sending"};
    case Reason::event_malformed:
      return {"the body is not a CloudEvent or a batch of them", "see the check 'body' for the place"};
    case Reason::keys_unavailable:
      return {"no keys could be had to judge with",
              "give --keys FILE, or check that the issuer can be reached"};
    default:
      return {std::string(refusal::title_of(e.reason)), "see docs/reasons.md"};
  }
}

}  // namespace callgate::gate
