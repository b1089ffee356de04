// SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include <callgate/digest/base64.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/json/writer.hpp>
#include <chrono>

namespace callgate::emulator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Seconds = std::chrono::sys_seconds;

constexpr minutes kLifetime{5};
constexpr std::string_view kStrangeIssuer = "https://issuer.example.test";
constexpr std::string_view kGarbage = "this-is-not-a-token";

struct Times {
  Seconds issued;
  Seconds not_before;
  Seconds expires;
};

// Far enough off that no usual clock skew helps; near enough that nothing else is wrong.
Times times_of(Fault fault, Seconds now) {
  switch (fault) {
    case Fault::expired:
      return {now - minutes{15}, now - minutes{15}, now - minutes{10}};
    case Fault::early:
      return {now, now + minutes{10}, now + kLifetime};
    case Fault::long_lifetime:
      return {now, now, now + hours{24}};
    default:
      return {now, now, now + kLifetime};
  }
}

std::string number(Seconds time) {
  return std::to_string(time.time_since_epoch().count());
}

MemberList claims_of(const TokenOrder& order, const TokenTerms& terms, base::WallTime now) {
  const Times times = times_of(order.fault, std::chrono::floor<seconds>(now));
  MemberList claims;
  claims.set("iss", json::quote(order.fault == Fault::wrong_issuer ? kStrangeIssuer : terms.issuer));
  claims.set("aud",
             json::quote(order.fault == Fault::wrong_audience ? digest::random_uuid() : terms.audience));
  claims.set("exp", number(times.expires));
  claims.set("nbf", number(times.not_before));
  claims.set("iat", number(times.issued));
  if (terms.with_jti) claims.set("jti", json::quote(digest::random_uuid()));
  claims.apply(order.claims);
  return claims;
}

std::string_view algorithm_of(Fault fault) {
  if (fault == Fault::alg_none) return "none";
  return fault == Fault::hs256_public_key ? "HS256" : "RS256";
}

MemberList header_of(const TokenOrder& order, const Signers& signers) {
  const mint::SigningKey& named = order.fault == Fault::unknown_kid ? signers.outsider : signers.current;
  MemberList header;
  header.set("alg", json::quote(algorithm_of(order.fault)));
  header.set("kid", json::quote(named.kid()));
  header.set("typ", json::quote("JWT"));
  header.apply(order.header);
  return header;
}

}  // namespace

std::string mint_token(const TokenOrder& order, const TokenTerms& terms, const Signers& signers,
                       base::WallTime now) {
  if (order.fault == Fault::garbage_token) return std::string(kGarbage);
  const std::string header = header_of(order, signers).text();
  const std::string claims = claims_of(order, terms, now).text();
  switch (order.fault) {
    case Fault::alg_none:
      return digest::encode_base64url(header) + "." + digest::encode_base64url(claims) + ".";
    case Fault::hs256_public_key:
      return mint::sign_token_hs256(signers.current.public_pem(), header, claims);
    case Fault::wrong_key:
    case Fault::unknown_kid:
      return mint::sign_token(signers.outsider, header, claims);
    default:
      return mint::sign_token(signers.current, header, claims);
  }
}

}  // namespace callgate::emulator
