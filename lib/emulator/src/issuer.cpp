// SPDX-License-Identifier: Apache-2.0
#include "issuer.hpp"

#include <callgate/json/writer.hpp>

namespace callgate::emulator {
namespace {

void write_texts(json::Writer& out, std::string_view name, std::initializer_list<std::string_view> texts) {
  out.name(name).begin_array();
  for (const std::string_view text : texts) out.string(text);
  out.end_array();
}

}  // namespace

base::Result<Issuer> Issuer::make(TokenTerms terms, int key_bits, const base::Clock& clock) {
  auto current = mint::SigningKey::generate_rsa(key_bits);
  if (!current) return tl::unexpected(current.error());
  auto outsider = mint::SigningKey::generate_rsa(key_bits);
  if (!outsider) return tl::unexpected(outsider.error());
  return Issuer(std::move(terms), key_bits, clock, Signers{std::move(*current), std::move(*outsider)});
}

base::Result<std::string> Issuer::rotate() {
  auto next = mint::SigningKey::generate_rsa(key_bits_);
  if (!next) return tl::unexpected(next.error());
  previous_ = {std::move(signers_.current)};
  signers_.current = std::move(*next);
  return signers_.current.kid();
}

std::string Issuer::discovery_document() const {
  json::Writer out;
  out.begin_object()
      .member("issuer", terms_.issuer)
      .member("jwks_uri", terms_.issuer + std::string(kKeysPath));
  write_texts(out, "id_token_signing_alg_values_supported", {"RS256"});
  write_texts(out, "response_types_supported", {"id_token"});
  write_texts(out, "subject_types_supported", {"public"});
  out.end_object();
  return out.take();
}

std::string Issuer::key_set() const {
  std::vector<mint::SigningKey> keys{signers_.current};
  keys.insert(keys.end(), previous_.begin(), previous_.end());
  return mint::key_set(keys.data(), keys.size());
}

}  // namespace callgate::emulator
