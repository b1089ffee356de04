// SPDX-License-Identifier: Apache-2.0
#pragma once
// The inbox's file before SQLite sees it. Never opens and closes it by itself where a store of this process
// may have it open: the operating system would drop that store's lock.

#include <callgate/base/error.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace callgate::store_sqlite {

// In the file's head, so that it is told from files of other programs: "cgin".
constexpr std::uint32_t kApplicationId = 0x6367'696e;
constexpr const char* kForeign = "is an SQLite file of another program; name another one, or none yet";

// If there is no file: makes it, mode 0600, with its folder synced, or refuses. Refuses what is no regular
// file, what this user cannot write, and what others may read or write.
base::Result<void> prepare_file(const std::string& path, bool may_make);

// Which file a path names, to see later whether it still names that one. Nothing: none.
struct FileMark {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  bool operator==(const FileMark&) const = default;
};
std::optional<FileMark> find_file(const std::string& path);

// Refuses what is no SQLite file and what is another program's. An empty file is nobody's.
base::Result<void> check_head(const std::string& path, const std::string& vfs);

}  // namespace callgate::store_sqlite
