// SPDX-License-Identifier: Apache-2.0
#include "inbox_file.hpp"

#include <callgate/base/clock.hpp>
#include <callgate/store_sqlite/sqlite_store.hpp>
#include <chrono>
#include <filesystem>
#include <limits>
#include <system_error>

namespace callgate::console {
namespace {

constexpr std::chrono::hours kCentury{24 * 365 * 100};

}  // namespace

base::Result<std::unique_ptr<delivery::Store>> open_inbox_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return base::fail("inbox '" + path + "': " + (error ? error.message() : "there is no such file") +
                      "; name the file that serve was given as --inbox");
  store_sqlite::Settings settings;
  settings.path = path;
  settings.keep = kCentury;
  settings.keep_bytes = std::numeric_limits<std::int64_t>::max();
  settings.bytes_max = std::numeric_limits<std::int64_t>::max();
  auto store = store_sqlite::SqliteStore::open(std::move(settings), base::system_clock());
  if (!store) return tl::unexpected(store.error());
  return std::unique_ptr<delivery::Store>(std::move(*store));
}

std::string inbox_library() {
  return store_sqlite::library_version();
}

}  // namespace callgate::console
