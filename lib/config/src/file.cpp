// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <callgate/config/file.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace callgate::config {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

}  // namespace

base::Result<std::string> load_file(const std::string& path, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"));
  if (!file) return base::fail("cannot read '" + path + "': " + std::generic_category().message(errno));
  std::string text;
  std::array<char, 16384> part{};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), file.get())) {
    text.append(part.data(), count);
    if (text.size() > bytes_max)
      return base::fail("'" + path + "' is larger than " + std::to_string(bytes_max) + " bytes");
  }
  if (std::ferror(file.get()) != 0)
    return base::fail("cannot read '" + path + "': " + std::generic_category().message(errno));
  return text;
}

}  // namespace callgate::config
