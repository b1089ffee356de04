// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <bit>
#include <callgate/digest/base64.hpp>
#include <callgate/digest/sha2.hpp>
#include <callgate/jose/key.hpp>
#include <callgate/json/writer.hpp>

#include "algorithm_table.hpp"
#include "material.hpp"

namespace callgate::jose {
namespace {

using Fault = Key::Fault;
template <class T>
using OrFault = tl::expected<T, Fault>;

auto fault(std::string why) {
  return tl::unexpected(Fault{std::move(why)});
}

OrFault<std::string> read_text(const json::Value& jwk, std::string_view name) {
  const auto member = jwk.find(name);
  if (!member) return fault("member '" + std::string(name) + "' is missing");
  const auto text = member->as_string();
  if (!text) return fault("member '" + std::string(name) + "' is not a string");
  return std::string(*text);
}

OrFault<std::string> read_bytes(const json::Value& jwk, std::string_view name) {
  const auto text = read_text(jwk, name);
  if (!text) return tl::unexpected(text.error());
  auto bytes = digest::decode_base64url(*text);
  if (!bytes || bytes->empty()) return fault("member '" + std::string(name) + "' is not base64url");
  return std::move(*bytes);
}

int bit_length(std::string_view big_endian) {
  const auto top = static_cast<unsigned char>(big_endian.front());
  return static_cast<int>((big_endian.size() - 1) * 8) + std::bit_width(top);
}

std::string_view without_leading_zeros(std::string_view bytes) {
  while (bytes.size() > 1 && bytes.front() == '\0') bytes.remove_prefix(1);
  return bytes;
}

bool is_odd(std::string_view big_endian) {
  return (static_cast<unsigned char>(big_endian.back()) & 1U) != 0;
}

// RFC 7638: the required members alone, in order of their names, no white space.
std::string thumbprint_of(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, value] : members) out.member(name, value);
  out.end_object();
  return digest::encode_base64url(digest::hash(digest::Sha2::sha256, out.text()).view());
}

OrFault<void> read_rsa(const json::Value& jwk, Key::Material& out) {
  const auto n = read_bytes(jwk, "n");
  if (!n) return tl::unexpected(n.error());
  const auto e = read_bytes(jwk, "e");
  if (!e) return tl::unexpected(e.error());
  const std::string_view modulus = without_leading_zeros(*n);
  const std::string_view exponent = without_leading_zeros(*e);
  out.type = KeyType::rsa;
  out.bits = bit_length(modulus);
  if (out.bits < kRsaBitsMin || out.bits > kRsaBitsMax) {
    return fault("RSA key of " + std::to_string(out.bits) + " bits; 2048 to 8192 are accepted");
  }
  if (!is_odd(modulus)) return fault("the RSA modulus is even");
  if (exponent.size() > 4 || !is_odd(exponent) || bit_length(exponent) < 2) {
    return fault("the RSA exponent is not odd and in [3, 2^32)");
  }
  out.pkey = make_rsa(modulus, exponent);
  if (!out.pkey) return fault("OpenSSL refuses the RSA key");
  out.thumbprint = thumbprint_of(
      {{"e", digest::encode_base64url(exponent)}, {"kty", "RSA"}, {"n", digest::encode_base64url(modulus)}});
  return {};
}

struct Curve {
  std::string_view name;
  KeyType type;
  std::size_t width;
  int bits;
};
constexpr std::array<Curve, 3> kCurves{{{"P-256", KeyType::ec_p256, 32, 256},
                                        {"P-384", KeyType::ec_p384, 48, 384},
                                        {"P-521", KeyType::ec_p521, 66, 521}}};

OrFault<void> read_ec(const json::Value& jwk, Key::Material& out) {
  const auto name = read_text(jwk, "crv");
  if (!name) return tl::unexpected(name.error());
  for (const Curve& curve : kCurves) {
    if (curve.name != *name) continue;
    const auto x = read_bytes(jwk, "x");
    if (!x) return tl::unexpected(x.error());
    const auto y = read_bytes(jwk, "y");
    if (!y) return tl::unexpected(y.error());
    if (x->size() != curve.width || y->size() != curve.width)
      return fault("an EC coordinate has the wrong width");
    out.type = curve.type;
    out.bits = curve.bits;
    out.pkey = make_ec(curve.type, *x, *y);
    if (!out.pkey) return fault("the EC point is not on its curve");
    out.thumbprint = thumbprint_of({{"crv", curve.name},
                                    {"kty", "EC"},
                                    {"x", digest::encode_base64url(*x)},
                                    {"y", digest::encode_base64url(*y)}});
    return {};
  }
  return fault("the curve is not P-256, P-384 or P-521");
}

OrFault<void> read_okp(const json::Value& jwk, Key::Material& out) {
  const auto name = read_text(jwk, "crv");
  if (!name) return tl::unexpected(name.error());
  if (*name != "Ed25519") return fault("the curve is not Ed25519");
  const auto x = read_bytes(jwk, "x");
  if (!x) return tl::unexpected(x.error());
  if (x->size() != 32) return fault("the Ed25519 key is not 32 bytes long");
  out.type = KeyType::ed25519;
  out.bits = 256;
  out.pkey = make_ed25519(*x);
  if (!out.pkey) return fault("OpenSSL refuses the Ed25519 key");
  out.thumbprint = thumbprint_of({{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", digest::encode_base64url(*x)}});
  return {};
}

OrFault<void> read_numbers(const json::Value& jwk, Key::Material& out) {
  const auto kty = read_text(jwk, "kty");
  if (!kty) return tl::unexpected(kty.error());
  if (*kty == "RSA") return read_rsa(jwk, out);
  if (*kty == "EC") return read_ec(jwk, out);
  if (*kty == "OKP") return read_okp(jwk, out);
  if (*kty == "oct") return fault("a symmetric key has no place in a public key set");
  return fault("the key type is not known");
}

OrFault<void> check_purpose(const json::Value& jwk) {
  for (const std::string_view secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk.find(secret)) return fault("the key has private members; its owner has leaked it");
  }
  if (const auto use = jwk.find("use"); use && use->as_string() != "sig") {
    return fault("member 'use' is not \"sig\"");
  }
  if (const auto operations = jwk.find("key_ops")) {
    bool verifies = false;
    for (const json::Value& operation : operations->elements()) verifies |= operation.as_string() == "verify";
    if (!verifies) return fault("member 'key_ops' does not hold \"verify\"");
  }
  return {};
}

OrFault<std::optional<Algorithm>> read_algorithm(const json::Value& jwk, KeyType type) {
  const auto member = jwk.find("alg");
  if (!member) return std::optional<Algorithm>{};
  const auto name = member->as_string();
  const auto algorithm = name ? parse_algorithm(*name) : std::nullopt;
  if (!algorithm) return fault("member 'alg' names no signature algorithm that is supported");
  if (row_of(*algorithm).key_type != type) return fault("member 'alg' does not fit the key type");
  return algorithm;
}

}  // namespace

std::string_view to_text(KeyType type) {
  switch (type) {
    case KeyType::rsa:
      return "RSA";
    case KeyType::ec_p256:
      return "EC P-256";
    case KeyType::ec_p384:
      return "EC P-384";
    case KeyType::ec_p521:
      return "EC P-521";
    case KeyType::ed25519:
      return "OKP Ed25519";
  }
  return "";
}

tl::expected<Key, Key::Fault> Key::parse(const json::Value& jwk) {
  static std::atomic<std::uint64_t> next_serial{1};
  if (!jwk.is_object()) return fault("the entry is not an object");
  auto material = std::make_shared<Material>();
  if (auto read = check_purpose(jwk); !read) return tl::unexpected(read.error());
  if (auto read = read_numbers(jwk, *material); !read) return tl::unexpected(read.error());
  const auto algorithm = read_algorithm(jwk, material->type);
  if (!algorithm) return tl::unexpected(algorithm.error());
  auto kid = read_text(jwk, "kid");
  if (!kid) return tl::unexpected(kid.error());
  material->algorithm = *algorithm;
  material->kid = std::move(*kid);
  material->serial = next_serial.fetch_add(1, std::memory_order_relaxed);
  return Key(std::move(material));
}

const std::string& Key::kid() const {
  return material_->kid;
}
KeyType Key::type() const {
  return material_->type;
}
int Key::bits() const {
  return material_->bits;
}
std::optional<Algorithm> Key::algorithm() const {
  return material_->algorithm;
}
const std::string& Key::thumbprint() const {
  return material_->thumbprint;
}

std::optional<std::string> Key::misfit(Algorithm algorithm) const {
  if (row_of(algorithm).key_type != type()) {
    return "the key is " + std::string(to_text(type())) + ", the token says " +
           std::string(to_text(algorithm));
  }
  if (material_->algorithm && *material_->algorithm != algorithm) {
    return "the key is for " + std::string(to_text(*material_->algorithm)) + " alone, the token says " +
           std::string(to_text(algorithm));
  }
  return std::nullopt;
}

}  // namespace callgate::jose
