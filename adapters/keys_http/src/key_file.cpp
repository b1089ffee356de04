// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <callgate/base/time_text.hpp>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/keys_http/key_file.hpp>
#include <cstdio>
#include <system_error>

namespace callgate::keys_http {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{512} * 1024;

auto fail(const std::string& path, const std::string& what) {
  return base::fail("keys cache '" + path + "': " + what);
}

std::string last_error() {
  return std::generic_category().message(errno);
}

// Closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { close_now(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  bool close_now() { return descriptor_ < 0 || ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

base::Result<std::string> read_private_file(const std::string& path) {
  // Not to be held up by a pipe in its place.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.descriptor(), &status) != 0) return fail(path, last_error());
  if (!S_ISREG(status.st_mode)) return fail(path, "is not a regular file");
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return fail(path, "belongs to somebody else; remove it");
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fail(path, "others can write it; chmod 600 it or remove it");
  std::string text;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t count = ::read(file.descriptor(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(path, last_error());
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > kFileBytesMax) return fail(path, "is too large");
  }
}

}  // namespace

base::Result<void> save_keys(const std::string& path, const std::string& issuer, const std::string& text,
                             base::WallTime confirmed_at) {
  json::Writer out;
  out.begin_object()
      .member("issuer", std::string_view(issuer))
      .member("confirmed_at", base::format_rfc3339(confirmed_at))
      .name("key_set")
      .raw(text)
      .end_object();
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());  // of a life that was cut short; or somebody's trap
  File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!file.is_open()) return fail(draft, last_error());
  const bool written = ::fchmod(file.descriptor(), S_IRUSR | S_IWUSR) == 0 &&
                       write_all(file.descriptor(), out.text() + "\n") && ::fsync(file.descriptor()) == 0 &&
                       file.close_now();
  if (written && std::rename(draft.c_str(), path.c_str()) == 0) return {};
  const std::string why = last_error();
  ::unlink(draft.c_str());
  return fail(path, why);
}

base::Result<KeptKeys> load_keys(const std::string& path, const std::string& issuer) {
  const auto text = read_private_file(path);
  if (!text) return tl::unexpected(text.error());
  const auto document = json::parse(*text);
  if (!document) return fail(path, "is not JSON: " + document.error().what);
  const auto named = document->root().find("issuer");
  if (!named || named->as_string() != issuer) return fail(path, "is of another issuer");
  const auto time = document->root().find("confirmed_at");
  const auto confirmed_at = time ? base::parse_rfc3339(time->as_string().value_or("")) : std::nullopt;
  const auto set = document->root().find("key_set");
  if (!confirmed_at || !set) return fail(path, "lacks confirmed_at or key_set");
  auto keys = jose::KeySet::parse(
      std::string_view(*text).substr(set->begin_offset(), set->end_offset() - set->begin_offset()));
  if (!keys) return fail(path, keys.error().message);
  if (keys->keys().empty()) return fail(path, "holds no usable key");
  return KeptKeys{std::make_shared<const jose::KeySet>(std::move(*keys)), *confirmed_at};
}

}  // namespace callgate::keys_http
