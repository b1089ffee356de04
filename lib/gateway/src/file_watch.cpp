// SPDX-License-Identifier: Apache-2.0
#include "file_watch.hpp"

#include <sys/stat.h>

namespace callgate::gateway {

FileWatch::FileWatch(std::vector<std::string> paths) {
  for (std::string& path : paths) {
    if (path.empty()) continue;
    File file{.path = std::move(path), .stamp = {}};
    read_stamp(file.path, file.stamp);
    files_.push_back(std::move(file));
  }
}

bool FileWatch::has_changed() {
  bool changed = false;
  for (File& file : files_) {
    Stamp now;
    if (!read_stamp(file.path, now) || now == file.stamp) continue;
    file.stamp = now;
    changed = true;
  }
  return changed;
}

bool FileWatch::read_stamp(const std::string& path, Stamp& stamp) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  stamp = {.modified_nanoseconds = status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec,
           .inode = status.st_ino,
           .size = static_cast<std::uint64_t>(status.st_size)};
  return true;
}

}  // namespace callgate::gateway
