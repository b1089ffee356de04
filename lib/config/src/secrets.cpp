// SPDX-License-Identifier: Apache-2.0
#include "secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <callgate/config/file.hpp>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "findings.hpp"

namespace callgate::config {
namespace {

constexpr std::size_t kSecretBytesMax = 4096;

base::Result<std::string> check_secret(std::string text, const std::string& from) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return base::fail(from + " is empty; write the secret into it");
  if (text.size() > kSecretBytesMax) return base::fail(from + " is longer than 4KiB; write a shorter secret");
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7f;
  });
  if (!plain) return base::fail(from + " holds more than one line of text; write the secret alone");
  return text;
}

base::Result<Secret> read_file(const std::string& path) {
  auto text = load_file(path, kSecretBytesMax);
  if (!text)
    return base::fail(text.error().message + "; write the path of a file that holds the secret alone");
  auto checked = check_secret(std::move(*text), in_quotes(path));
  if (!checked) return tl::unexpected(checked.error());
  Secret secret{base::Redacted<std::string>(std::move(*checked)), ""};
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
    secret.warning = "secret file " + in_quotes(path) + " can be read by others; chmod 600 it";
  return secret;
}

base::Result<Secret> read_environment(const std::string& name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody writes the environment
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return base::fail("the environment has no " + in_quotes(name) + "; set it to the secret");
  auto checked = check_secret(value, "the variable " + in_quotes(name));
  if (!checked) return tl::unexpected(checked.error());
  return Secret{base::Redacted<std::string>(std::move(*checked)), ""};
}

std::string why_unreadable(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return "cannot read " + in_quotes(path) + ": " + std::generic_category().message(errno);
  ::close(file);
  return {};
}

}  // namespace

SecretSource system_secrets() {
  return {read_file, read_environment, why_unreadable};
}

}  // namespace callgate::config
