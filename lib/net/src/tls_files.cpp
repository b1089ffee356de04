// SPDX-License-Identifier: Apache-2.0
#include "tls_files.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace callgate::net {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kCertificatesMax = 4096;  // a bundle of a whole system holds some 150

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

// The bytes of a file, wiped when they go: they may be a key.
struct Content {
  Content() = default;
  Content(Content&&) noexcept = default;
  Content& operator=(Content&&) = delete;
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;
  ~Content() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

  Bio bio() const { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(size))); }

  std::vector<char> bytes;
  std::size_t size = 0;
  bool open_to_others = false;
};

struct Descriptor {
  explicit Descriptor(int number) : value(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) close(value);
  }
  int value;
};

base::Result<Content> read_file(const std::string& what, const std::string& file) {
  const auto cannot = [&](const std::string& why) {
    return base::fail("cannot read the " + what + " file '" + file + "': " + why);
  };
  const auto system_says = [&] {
    return std::generic_category().message(errno) + "; check its path and its rights";
  };
  const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (descriptor.value < 0 || fstat(descriptor.value, &about) != 0) return cannot(system_says());
  if (!S_ISREG(about.st_mode)) return cannot("it is no regular file; name a PEM file");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > kFileBytesMax) return cannot("it is larger than 4 MiB; name a PEM file");
  Content content;
  content.open_to_others = (about.st_mode & S_IROTH) != 0;
  content.bytes.resize(size + 1);  // never empty: OpenSSL wants an address
  std::size_t had = 0;
  while (had < size) {
    const ssize_t got = read(descriptor.value, content.bytes.data() + had, size - had);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot(system_says());
    if (got == 0) break;
    had += static_cast<std::size_t>(got);
  }
  content.size = had;
  return content;
}

// Stands in for OpenSSL's own, which would ask on the terminal.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

bool is_end_of_file(unsigned long error) {
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  std::string text = reason == nullptr ? "no reason given" : reason;
  ERR_clear_error();
  return text;
}

base::Result<std::vector<Certificate>> load_certificates(const std::string& file) {
  const auto content = read_file("certificate", file);
  if (!content) return tl::unexpected(content.error());
  ERR_clear_error();
  const Bio bio = content->bio();
  std::vector<Certificate> found;
  bool asked = false;
  while (bio != nullptr && found.size() < kCertificatesMax) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, refuse_password, &asked));
    if (next == nullptr) break;
    found.push_back(std::move(next));
  }
  const bool whole = is_end_of_file(ERR_peek_last_error());
  const std::string reason = take_openssl_error();
  if (!whole) {
    return base::fail("the certificate file '" + file + "' is damaged behind its certificate " +
                      std::to_string(found.size()) + ": " + reason + "; write it anew, in PEM");
  }
  if (!found.empty()) return found;
  return base::fail("no certificate in '" + file +
                    "'; it must hold PEM text that begins with -----BEGIN CERTIFICATE-----");
}

base::Result<LoadedKey> load_key(const std::string& file) {
  const auto content = read_file("private key", file);
  if (!content) return tl::unexpected(content.error());
  ERR_clear_error();
  const Bio bio = content->bio();
  bool asked = false;
  Key key(bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, &asked));
  const std::string reason = take_openssl_error();
  if (key != nullptr) return LoadedKey{std::move(key), content->open_to_others};
  if (asked) {
    return base::fail("the private key in '" + file +
                      "' is encrypted, and nobody is there to type a password; store it without one "
                      "(openssl pkey -in OLD -out NEW), readable by this service alone");
  }
  return base::fail("no private key in '" + file + "' (" + reason +
                    "); it must hold PEM text that begins with -----BEGIN PRIVATE KEY-----");
}

}  // namespace callgate::net
