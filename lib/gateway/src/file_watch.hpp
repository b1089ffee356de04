// SPDX-License-Identifier: Apache-2.0
#pragma once
// Notices that one of a few files has been written or replaced, by looking at them now and then. One thread.

#include <cstdint>
#include <string>
#include <vector>

namespace callgate::gateway {

class FileWatch {
 public:
  FileWatch() = default;
  // Empty paths are left out.
  explicit FileWatch(std::vector<std::string> paths);

  // True if a file is another than when it was last looked at. A file that is not there is a change only once
  // it is back.
  bool has_changed();

 private:
  struct Stamp {
    std::int64_t modified_nanoseconds = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct File {
    std::string path;
    Stamp stamp;
  };
  static bool read_stamp(const std::string& path, Stamp& stamp);
  std::vector<File> files_;
};

}  // namespace callgate::gateway
