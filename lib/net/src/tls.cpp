// SPDX-License-Identifier: Apache-2.0
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <array>
#include <callgate/net/tls.hpp>
#include <string_view>

#include "tls_files.hpp"
#include "tls_native.hpp"

namespace callgate::net {
namespace {

using namespace std::string_view_literals;

constexpr const char* kCiphersOf12 = "ECDHE+AESGCM:ECDHE+CHACHA20";  // those of TLS 1.3 are all sound
// No finite-field groups: a stranger could choose the dearest.
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kSessionContext = "callgate";
constexpr int kWarnDays = 14;

// RFC 7301. A client that names protocols, but not ours, is told so; one that names none is welcome.
int choose_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*unused*/) {
  constexpr std::string_view kHttp1 = "http/1.1";
  for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
    const unsigned int size = offered[at];
    if (size > offered_size - at - 1) break;
    const void* name = offered + at + 1;
    if (std::string_view(static_cast<const char*>(name), size) != kHttp1) continue;
    *chosen = offered + at + 1;
    *chosen_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// What holds for every server. The keys of session tickets are random and this context's own: a ticket
// opens nothing at a context that was loaded later, perhaps with another client_ca. No session is stored.
bool set_up(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  const void* id = kSessionContext.data();
  return set_up_tls(context) && SSL_CTX_set_session_id_context(context, static_cast<const unsigned char*>(id),
                                                               kSessionContext.size()) == 1;
}

base::Result<void> use_pair(SSL_CTX* context, const TlsFiles& files, const std::vector<Certificate>& chain,
                            EVP_PKEY* key) {
  if (X509_check_private_key(chain.front().get(), key) != 1) {
    ERR_clear_error();
    return base::fail("the private key in '" + files.key + "' does not belong to the first certificate in '" +
                      files.certificate +
                      "'; name the two files of one pair, the server's certificate before its chain");
  }
  bool good = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
  for (std::size_t i = 1; good && i < chain.size(); ++i)
    good = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  if (!good) {
    return base::fail("the certificate in '" + files.certificate + "' cannot be used: " +
                      take_openssl_error() + "; get one with an RSA key of 2048 bits or more, or an EC key");
  }
  if (SSL_CTX_use_PrivateKey(context, key) == 1) return {};
  return base::fail("the private key in '" + files.key + "' cannot be used: " + take_openssl_error() +
                    "; get a pair with an RSA key of 2048 bits or more, or an EC key");
}

base::Result<void> use_client_ca(SSL_CTX* context, const std::string& file) {
  const auto authorities = load_certificates(file);
  if (!authorities) return tl::unexpected(authorities.error());
  for (const auto& one : *authorities) {
    const bool good = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) == 1 &&
                      SSL_CTX_add_client_CA(context, one.get()) == 1;
    if (!good) return base::fail("a certificate in '" + file + "' cannot be used: " + take_openssl_error());
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

std::string days_text(int days) {
  if (days == 0) return "less than a day";
  return days == 1 ? "1 day" : std::to_string(days) + " days";
}

// Nothing to say: empty.
std::string judge_dates(const X509* certificate) {
  int days = 0, seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notBefore(certificate)) != 1)
    return "has an unreadable start of validity";
  if (days > 0 || seconds > 0) return "is not valid before " + days_text(days) + " from now; check the clock";
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1)
    return "has an unreadable end of validity";
  if (days < 0 || seconds < 0) return "expired " + days_text(-days) + " ago; renew it";
  if (days < kWarnDays) return "expires in " + days_text(days) + "; renew it";
  return {};
}

std::string make_warning(const TlsFiles& files, const X509* certificate, bool key_open_to_others) {
  std::string text;
  if (const auto dates = judge_dates(certificate); !dates.empty())
    text = "the certificate in '" + files.certificate + "' " + dates;
  if (key_open_to_others) {
    if (!text.empty()) text += "; ";
    text += "every user of this machine can read the private key in '" + files.key + "': chmod 600";
  }
  return text;
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[digest.at(i) >> 4];
    text += kDigits[digest.at(i) & 0xF];
  }
  return text;
}

base::Result<void> trust_file(SSL_CTX* context, const std::string& file) {
  const auto authorities = load_certificates(file);
  if (!authorities) return tl::unexpected(authorities.error());
  for (const auto& one : *authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), one.get()) != 1)
      return base::fail("a certificate in '" + file + "' cannot be used: " + take_openssl_error());
  }
  return {};
}

base::Error cannot_set_up() {
  return {"OpenSSL cannot set up TLS: " + take_openssl_error() + "; check its configuration"};
}

}  // namespace

bool set_up_tls(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphersOf12) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1;
}

base::Result<std::shared_ptr<const TlsTrust>> TlsTrust::load(const std::string& ca_file) {
  auto native = std::make_unique<Native>();
  native->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = native->context.get();
  if (context == nullptr || !set_up_tls(context)) return tl::unexpected(cannot_set_up());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (ca_file.empty() && SSL_CTX_set_default_verify_paths(context) != 1)
    return tl::unexpected(cannot_set_up());
  if (!ca_file.empty()) {
    if (auto trusted = trust_file(context, ca_file); !trusted) return tl::unexpected(trusted.error());
  }
  return std::shared_ptr<const TlsTrust>(new TlsTrust(std::move(native)));
}

TlsTrust::TlsTrust(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsTrust::~TlsTrust() = default;

base::Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  const auto chain = load_certificates(files.certificate);
  if (!chain) return tl::unexpected(chain.error());
  const auto key = load_key(files.key);
  if (!key) return tl::unexpected(key.error());
  auto native = std::make_unique<Native>();
  native->context.reset(SSL_CTX_new(TLS_server_method()));
  if (native->context == nullptr || !set_up(native->context.get())) return tl::unexpected(cannot_set_up());
  if (auto used = use_pair(native->context.get(), files, *chain, key->key.get()); !used)
    return tl::unexpected(used.error());
  if (!files.client_ca.empty()) {
    if (auto used = use_client_ca(native->context.get(), files.client_ca); !used)
      return tl::unexpected(used.error());
  }
  native->warning = make_warning(files, chain->front().get(), key->open_to_others);
  native->fingerprint = fingerprint_of(chain->front().get());
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(native)));
}

TlsContext::TlsContext(std::unique_ptr<Native> native) : native_(std::move(native)) {}
TlsContext::~TlsContext() = default;

const std::string& TlsContext::warning() const {
  return native_->warning;
}

const std::string& TlsContext::fingerprint() const {
  return native_->fingerprint;
}

}  // namespace callgate::net
