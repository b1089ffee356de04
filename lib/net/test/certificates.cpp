// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace callgate::net {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio memory() {
  return {BIO_new(BIO_s_mem()), &BIO_free};
}

std::string text_of(const Bio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Bio bio = memory();
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio);
}

std::string pem_of(EVP_PKEY* key, const char* password = nullptr) {
  const Bio bio = memory();
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, password == nullptr ? nullptr : EVP_aes_256_cbc(), nullptr, 0,
                                nullptr, const_cast<char*>(password));
  return text_of(bio);
}

std::shared_ptr<EVP_PKEY> make_key() {
  return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// `issuer` null: signs itself.
std::shared_ptr<X509> make_certificate(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer,
                                       Validity validity, const std::string& hosts) {
  constexpr long kDay = 24L * 60 * 60, kNoon = kDay / 2;  // whole days would depend on the second
  std::shared_ptr<X509> made(X509_new(), &X509_free);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), validity.from_days * kDay + kNoon);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), validity.to_days * kDay + kNoon);
  X509_set_pubkey(made.get(), key);
  X509_NAME* subject = X509_get_subject_name(made.get());
  const void* text = name.c_str();
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, static_cast<const unsigned char*>(text), -1, -1,
                             0);
  X509_set_issuer_name(made.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
  add_extension(made.get(), NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  if (issuer != nullptr) add_extension(made.get(), NID_subject_alt_name, hosts.c_str());
  if (X509_sign(made.get(), signer, EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
  return made;
}

}  // namespace

Authority::Authority(const std::string& name)
    : key_(make_key()), certificate_(make_certificate(name, key_.get(), nullptr, key_.get(), {}, {})) {
  pair_ = {pem_of(certificate_.get()), pem_of(key_.get())};
}

Pair Authority::issue(const std::string& name, Validity validity, const std::string& hosts) const {
  const auto key = make_key();
  const auto made = make_certificate(name, key.get(), certificate_.get(), key_.get(), validity, hosts);
  return {pem_of(made.get()), pem_of(key.get())};
}

std::string encrypt_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  return pem_of(key.get(), "secret");
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  std::string text(std::size_t{size} * 2, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    text[2 * i] = "0123456789abcdef"[digest.at(i) >> 4];
    text[2 * i + 1] = "0123456789abcdef"[digest.at(i) & 0xF];
  }
  return text;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "callgate-net-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::put(const std::string& name, std::string_view text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  std::filesystem::permissions(path_ / name,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path(name);
}

}  // namespace callgate::net
