// SPDX-License-Identifier: Apache-2.0
#include "mutation.hpp"

#include <openssl/bn.h>

#include <algorithm>
#include <array>
#include <callgate/digest/base64.hpp>
#include <callgate/json/writer.hpp>
#include <string_view>

#include "repeatable_random.hpp"

namespace callgate::differential {
namespace {

using jose::Algorithm;
using jose::TestSigner;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string object_text(const Members& members) {
  std::string out = "{";
  for (const auto& [name, value] : members) {
    if (out.size() > 1) out += ",";
    out += json::quote(name) + ":" + value;
  }
  return out + "}";
}

void set(Members& members, const std::string& name, const std::string& value) {
  for (auto& member : members) {
    if (member.first != name) continue;
    member.second = value;
    return;
  }
  members.emplace_back(name, value);
}

void drop(Members& members, const std::string& name) {
  std::erase_if(members, [&](const auto& member) { return member.first == name; });
}

std::vector<std::string> split(const std::string& token) {
  std::vector<std::string> parts(1);
  for (const char c : token) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : ".") + parts[i];
  return out;
}

// JSON texts that no claim or header member should be able to pass off as something else.
const std::vector<std::string>& odd_values() {
  static const std::vector<std::string> values{
      "null",   "true",  "false",    "0",           "-1",          "1",      "1.5",        "[]",
      "{}",     R"("")", R"("x")",   "[null]",      R"([""])",     "[[]]",   R"({"a":1})", "1e309",
      "-1e309", "NaN",   "Infinity", R"("\ud800")", R"("\u0000")", "1e-400", "-0"};
  return values;
}

std::string time_near(std::int64_t time) {
  static const std::vector<std::string> forms{"", "", "", ".0", ".5", ".000001", ".999999", "e0", "E+0"};
  const std::int64_t moved = time + static_cast<std::int64_t>(draw(5)) - 2;
  return std::to_string(moved) + pick(forms);
}

std::string odd_time() {
  static const std::vector<std::string> values{"1.8e9",
                                               "18e8",
                                               "1800000100e0",
                                               "253402300799",
                                               "253402300800",
                                               "2147483648",
                                               "4294967296",
                                               "9007199254740993",
                                               "9223372036854775807",
                                               "9223372036854775808",
                                               "18446744073709551616",
                                               "18446744075509551716",
                                               "1e30",
                                               "1800000000000",
                                               R"("1800000100")",
                                               R"(" 1800000100")",
                                               R"("now")",
                                               "[1800000100]",
                                               "-1800000100",
                                               "1800000100.9999999999999999999",
                                               "0.1"};
  return draw(3) == 0 ? pick(odd_values()) : pick(values);
}

std::string odd_audience() {
  static const std::string ours = "\"" + std::string(kAudience) + "\"";
  static const std::vector<std::string> values{"[" + ours + "]",
                                               "[\"other\"," + ours + "]",
                                               "[" + ours + "," + ours + "]",
                                               "[" + ours + ",null]",
                                               "[" + ours + ",1]",
                                               "[[" + ours + "]]",
                                               "{" + ours + ":true}",
                                               R"("5D0C7E14-92AB-4C3F-A1D8-E67B30F59C21")",
                                               R"(["5D0C7E14-92AB-4C3F-A1D8-E67B30F59C21"])",
                                               R"("5d0c7e14-92ab-4c3f-a1d8-e67b30f59c2")",
                                               R"("5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21 ")",
                                               R"("\u0035d0c7e14-92ab-4c3f-a1d8-e67b30f59c21")",
                                               R"("other")",
                                               "[\"other\"]"};
  return draw(3) == 0 ? pick(odd_values()) : pick(values);
}

std::string odd_issuer() {
  static const std::vector<std::string> values{
      R"("https://issuer.test/")",    R"("HTTPS://issuer.test")",      R"("https://issuer.tes")",
      R"(["https://issuer.test"])",   R"("https:\/\/issuer.test")",    R"("https://issuer.test\u0000")",
      R"({"https://issuer.test":1})", R"("\u0068ttps://issuer.test")", R"(" https://issuer.test")"};
  return draw(3) == 0 ? pick(odd_values()) : pick(values);
}

std::string odd_claim_value(const std::string& name) {
  if (name == "iss") return odd_issuer();
  if (name == "aud") return odd_audience();
  if (name == "exp" || name == "nbf" || name == "iat") return odd_time();
  return pick(odd_values());
}

// Changes of a JSON text as a whole.
std::string odd_text(const std::string& text) {
  const std::string inner = text.substr(1, text.size() - 2);
  const std::vector<std::string> texts{
      "\xef\xbb\xbf" + text,
      " " + text + "\r\n",
      text + "x",
      text + text,
      "[" + text + "]",
      "null",
      "",
      "[]",
      "{}",
      "{" + inner + ",}",
      "{" + inner + ",\"x\":\"\xff\"}",
      "{" + inner + ",\"x\":NaN}",
      "{" + inner + ",\"x\":1e999}",
      "{" + inner + ",\"x\":\"\\ud800\"}",
      "{" + inner + ",\"x\":1,\"x\":1}",
      "{" + inner + ",\"x\":\"\t\"}",
      "{" + inner + ",\"x\":01}",
      "{" + inner + ",\"x\":" + std::string(63, '[') + std::string(63, ']') + "}",
      "{" + inner + ",\"x\":" + std::string(64, '[') + std::string(64, ']') + "}",
      "{" + inner + ",\"x\":" + std::string(2000, '[') + std::string(2000, ']') + "}",
      "{" + inner + ",\"x\":\"" + std::string(20'000, 'a') + "\"}",
      text.substr(0, text.size() - 1),
      "{" + inner + ",\"x\":{\"exp\":1,\"exp\":2}}",
      "{/**/" + inner + "}",
      "{" + inner + ",\"\":0}"};
  return pick(texts);
}

// A value that decodes to the same bytes if trailing bits are not looked at.
std::string with_trailing_bits(std::string segment) {
  if (segment.empty()) return segment;
  const std::size_t value = kAlphabet.find(segment.back());
  const std::size_t spare = segment.size() % 4 == 2 ? 16 : segment.size() % 4 == 3 ? 4 : 1;
  if (value != std::string_view::npos) segment.back() = kAlphabet[value / spare * spare + draw(spare)];
  return segment;
}

// S + L: the same point equation, but no canonical encoding (RFC 8032 section 5.1.7).
std::string plus_group_order(const std::string& signature) {
  BIGNUM* order = nullptr;
  BN_dec2bn(&order, "7237005577332262213973186563042994240857116359379907606001950938285454250989");
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  BIGNUM* number = BN_lebin2bn(bytes + 32, 32, nullptr);
  BN_add(number, number, order);
  std::string out = signature.substr(0, 32) + std::string(32, '\0');
  BN_bn2lebinpad(number, reinterpret_cast<unsigned char*>(out.data()) + 32, 32);
  BN_free(number);
  BN_free(order);
  return out;
}

}  // namespace

Mutator::Mutator() {
  using enum Algorithm;
  signers_.push_back({"rsa", TestSigner::rsa(), {rs256, ps256, rs512}});
  signers_.push_back({"rsa-for-one", TestSigner::rsa(), {rs256, rs256, ps256}});
  signers_.push_back({"p256", TestSigner::ec("P-256"), {es256}});
  signers_.push_back({"p384", TestSigner::ec("P-384"), {es384}});
  signers_.push_back({"p521", TestSigner::ec("P-521"), {es512}});
  signers_.push_back({"ed", TestSigner::ed25519(), {eddsa}});
  strangers_.push_back({"stranger", TestSigner::rsa(), {rs256, ps256}});
  strangers_.push_back({"stranger", TestSigner::ec("P-256"), {es256}});
  strangers_.push_back({"stranger", TestSigner::ed25519(), {eddsa}});
  for (const Signer& signer : signers_) {
    const bool for_one = signer.kid == "rsa-for-one";
    key_set_ +=
        (key_set_.empty() ? "" : ",") + signer.key.jwk(signer.kid, for_one ? R"(,"alg":"RS256")" : "");
  }
  key_set_ = R"({"keys":[)" + key_set_ + "]}";
  for (int i = 0; i < 24; ++i) bases_.push_back(sign(draft()));
}

Mutator::Draft Mutator::draft() const {
  const Signer& signer = pick(signers_);
  const Algorithm algorithm = pick(signer.algorithms);
  Draft out{&signer, algorithm, {}, {}};
  out.header = {{"alg", json::quote(jose::to_text(algorithm))}, {"kid", json::quote(signer.kid)}};
  if (draw(2) == 0) out.header.emplace_back("typ", R"("JWT")");
  out.claims = {{"iss", json::quote(kIssuer)},
                {"aud", json::quote(kAudience)},
                {"iat", std::to_string(kNow - 10)},
                {"nbf", std::to_string(kNow - 10)},
                {"exp", std::to_string(kNow + 290)},
                {"jti", R"("0a2d2a36")"},
                {"sub", R"("someone")"}};
  return out;
}

std::string Mutator::sign(const Draft& draft, const std::string& header, const std::string& claims) {
  const std::string text = digest::encode_base64url(header) + "." + digest::encode_base64url(claims);
  return text + "." + digest::encode_base64url(draft.signer->key.sign(draft.algorithm, text));
}

std::string Mutator::sign(const Draft& draft) {
  return sign(draft, object_text(draft.header), object_text(draft.claims));
}

std::string Mutator::untouched() const {
  return pick(bases_);
}

std::string Mutator::flip_bit() const {
  std::string token = pick(bases_);
  const std::size_t flips = 1 + draw(2);
  for (std::size_t i = 0; i < flips; ++i) {
    char& byte = token[draw(token.size())];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << draw(8)));
  }
  return token;
}

std::string Mutator::change_segments() const {
  auto parts = split(pick(bases_));
  const auto other = split(pick(bases_));
  const std::size_t at = draw(3);
  switch (draw(6)) {
    case 0:
      std::swap(parts[at], parts[draw(3)]);
      break;
    case 1:
      parts[at] = other[at];
      break;
    case 2:
      parts[at].clear();
      break;
    case 3:
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 4:
      parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), draw(2) == 0 ? other[at] : "");
      break;
    default:
      parts.emplace_back();
      break;
  }
  return join(parts);
}

std::string Mutator::change_encoding() const {
  auto parts = split(pick(bases_));
  std::string& part = parts[draw(3)];
  switch (draw(6)) {
    case 0:
      part += std::string(1 + draw(3), '=');
      break;
    case 1:
      std::replace(part.begin(), part.end(), '-', '+');
      std::replace(part.begin(), part.end(), '_', '/');
      break;
    case 2: {
      constexpr std::array<char, 8> kStrange{' ', '\n', '\t', '\0', '!', '=', '~', '\x80'};
      part.insert(1 + draw(part.size() - 1), 1, pick(kStrange));
      break;
    }
    case 3:
      part = with_trailing_bits(part);
      break;
    case 4:
      part = digest::encode_base64(digest::decode_base64url(part).value_or(""));
      break;
    default:
      part += kAlphabet[draw(kAlphabet.size())];
      break;
  }
  return join(parts);
}

std::string Mutator::change_length() const {
  std::string token = pick(bases_);
  if (draw(2) == 0) return token.substr(0, draw(token.size()));
  const std::size_t more = draw(3) == 0 ? 17'000 : draw(40);
  for (std::size_t i = 0; i < more; ++i) token += kAlphabet[draw(kAlphabet.size())];
  return token;
}

std::string Mutator::edit_header() const {
  static const std::vector<std::pair<std::string, std::string>> kEdits{{"alg", R"("none")"},
                                                                       {"alg", R"("HS256")"},
                                                                       {"alg", R"("rs256")"},
                                                                       {"alg", R"("RS512")"},
                                                                       {"alg", R"("ES256")"},
                                                                       {"alg", R"("EdDSA")"},
                                                                       {"alg", R"("PS256")"},
                                                                       {"alg", R"("Ed25519")"},
                                                                       {"alg", R"("ES256K")"},
                                                                       {"alg", R"("RS256\u0000")"},
                                                                       {"alg", R"("\u0052S256")"},
                                                                       {"kid", R"("p256")"},
                                                                       {"kid", R"("rsa")"},
                                                                       {"kid", R"("RSA")"},
                                                                       {"kid", R"("rsa ")"},
                                                                       {"kid", R"("\u0072sa")"},
                                                                       {"kid", R"("nobody")"},
                                                                       {"typ", R"("JWT")"},
                                                                       {"typ", R"("jwt")"},
                                                                       {"typ", R"("application/jwt")"},
                                                                       {"typ", R"("at+jwt")"},
                                                                       {"typ", R"("JOSE")"},
                                                                       {"typ", R"("dpop+jwt")"},
                                                                       {"cty", R"("JWT")"},
                                                                       {"cty", R"("json")"},
                                                                       {"crit", "[]"},
                                                                       {"crit", R"(["exp"])"},
                                                                       {"crit", R"(["b64"])"},
                                                                       {"b64", "true"},
                                                                       {"b64", "false"},
                                                                       {"zip", R"("DEF")"},
                                                                       {"enc", R"("A128GCM")"},
                                                                       {"jku", R"("https://evil.test/k")"},
                                                                       {"x5u", R"("file:///etc/passwd")"},
                                                                       {"x5t", R"("AAAA")"},
                                                                       {"unknown", R"({"a":[1,2]})"}};
  Draft made = draft();
  switch (draw(6)) {
    case 0: {
      const std::string name = draw(2) == 0 ? "alg" : draw(2) == 0 ? "kid" : "typ";
      set(made.header, name, pick(odd_values()));
      break;
    }
    case 1:
      drop(made.header, pick(std::array<std::string, 3>{"alg", "kid", "typ"}));
      break;
    case 2: {
      const auto& [name, value] = pick(kEdits);
      made.header.insert(draw(2) == 0 ? made.header.begin() : made.header.end(), {name, value});
      break;
    }
    default: {
      const auto& [name, value] = pick(kEdits);
      set(made.header, name, value);
      break;
    }
  }
  return sign(made);
}

std::string Mutator::edit_header_text() const {
  const Draft made = draft();
  return sign(made, odd_text(object_text(made.header)), object_text(made.claims));
}

std::string Mutator::edit_header_unsigned() const {
  auto parts = split(edit_header());
  parts[2] = split(pick(bases_))[2];
  return join(parts);
}

std::string Mutator::edit_claim() const {
  Draft made = draft();
  const std::string name = pick(made.claims).first;
  switch (draw(4)) {
    case 0:
      drop(made.claims, name);
      break;
    case 1:
      made.claims.emplace_back(name, draw(2) == 0 ? made.claims[0].second : odd_claim_value(name));
      break;
    default:
      set(made.claims, name, odd_claim_value(name));
      break;
  }
  return sign(made);
}

std::string Mutator::edit_claims_text() const {
  const Draft made = draft();
  return sign(made, object_text(made.header), odd_text(object_text(made.claims)));
}

std::string Mutator::move_times() const {
  Draft made = draft();
  const std::int64_t born = kNow - static_cast<std::int64_t>(draw(40));
  set(made.claims, "exp", time_near(draw(2) == 0 ? kNow - kSkew : born + kLifetime + kSkew));
  set(made.claims, "nbf", time_near(draw(3) == 0 ? kNow + kSkew : born));
  set(made.claims, "iat", time_near(draw(3) == 0 ? kNow + kSkew : born));
  if (draw(4) == 0) drop(made.claims, "iat");
  if (draw(4) == 0) drop(made.claims, "nbf");
  return sign(made);
}

std::string Mutator::sign_with_another_key() const {
  Draft made = draft();
  made.signer = draw(2) == 0 ? &pick(strangers_) : &pick(signers_);
  made.algorithm = pick(made.signer->algorithms);
  if (draw(2) == 0) set(made.header, "alg", json::quote(jose::to_text(made.algorithm)));
  return sign(made);
}

std::string Mutator::change_signature() const {
  auto parts = split(pick(bases_));
  std::string bytes = digest::decode_base64url(parts[2]).value_or("");
  switch (draw(7)) {
    case 0:
      bytes.insert(0, 1 + draw(2), '\0');
      break;
    case 1:
      bytes.pop_back();
      break;
    case 2:
      std::fill(bytes.begin(), bytes.end(), draw(2) == 0 ? '\0' : '\xff');
      break;
    case 3:
      std::rotate(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), bytes.end());
      break;
    case 4:
      if (bytes.size() == 64) bytes = plus_group_order(bytes);
      break;
    case 5:
      bytes += bytes;
      break;
    default:
      bytes[draw(bytes.size())] ^= 1;
      break;
  }
  parts[2] = digest::encode_base64url(bytes);
  return join(parts);
}

Mutated Mutator::next() {
  struct Kind {
    const char* what;
    std::string (Mutator::*make)() const;
  };
  static constexpr std::array<Kind, 13> kKinds{{{"untouched", &Mutator::untouched},
                                                {"bits", &Mutator::flip_bit},
                                                {"segments", &Mutator::change_segments},
                                                {"encoding", &Mutator::change_encoding},
                                                {"length", &Mutator::change_length},
                                                {"header", &Mutator::edit_header},
                                                {"header-text", &Mutator::edit_header_text},
                                                {"header-unsigned", &Mutator::edit_header_unsigned},
                                                {"claim", &Mutator::edit_claim},
                                                {"claims-text", &Mutator::edit_claims_text},
                                                {"times", &Mutator::move_times},
                                                {"another-key", &Mutator::sign_with_another_key},
                                                {"signature", &Mutator::change_signature}}};
  const Kind& kind = pick(kKinds);
  return {kind.what, (this->*kind.make)()};
}

}  // namespace callgate::differential
