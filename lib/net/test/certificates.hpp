// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keys and certificates for tests, made anew each time, and a folder for them that goes with its object.

#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace callgate::net {

// PEM texts.
struct Pair {
  std::string certificate;
  std::string key;
};

struct Validity {
  long from_days = -1;  // and half a day, both
  long to_days = 90;
};

// Signs with a key of its own; its certificate is pair().certificate.
class Authority {
 public:
  explicit Authority(const std::string& name);
  const Pair& pair() const { return pair_; }
  // `hosts` in OpenSSL's spelling.
  Pair issue(const std::string& name, Validity validity = {},
             const std::string& hosts = "DNS:localhost,IP:127.0.0.1") const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  Pair pair_;
};

// The PEM text of the key, encrypted.
std::string encrypt_key(const std::string& pem);
// SHA-256 over the DER form, in hexadecimal.
std::string fingerprint_of(const X509* certificate);

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  // Writes the file, readable by its owner alone, and gives its path.
  std::string put(const std::string& name, std::string_view text) const;
  std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace callgate::net
