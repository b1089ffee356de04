// SPDX-License-Identifier: Apache-2.0
#pragma once
// Certificates and keys out of PEM files. Errors name the file and what to do about it. Any thread.

#include <openssl/x509.h>

#include <callgate/base/error.hpp>
#include <memory>
#include <string>
#include <vector>

namespace callgate::net {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// All certificates of the file, in its order; at least one.
base::Result<std::vector<Certificate>> load_certificates(const std::string& file);

struct LoadedKey {
  Key key;
  bool open_to_others = false;  // every user of this machine may read the file
};
// A private key without a password; nobody is asked for one.
base::Result<LoadedKey> load_key(const std::string& file);

// OpenSSL's own words for its last error, after which its list of errors is empty.
std::string take_openssl_error();

}  // namespace callgate::net
