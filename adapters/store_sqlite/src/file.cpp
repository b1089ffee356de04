// SPDX-License-Identifier: Apache-2.0
#include "file.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>

namespace callgate::store_sqlite {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kApplicationIdOffset = 68;

auto fail(const std::string& path, const std::string& what) {
  return base::fail("inbox '" + path + "': " + what);
}

std::string last_error() {
  return std::generic_category().message(errno);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Without it the file's name could be gone after a power failure.
bool sync_folder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = ::fsync(descriptor) == 0;
  return ::close(descriptor) == 0 && synced;
}

base::Result<void> make_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0 && errno == EEXIST) return {};  // somebody else was quicker
  if (descriptor < 0)
    return fail(path, "cannot be made: " + last_error() + "; its folder must be there and writable");
  const bool synced = ::fsync(descriptor) == 0;
  if (::close(descriptor) != 0 || !synced || !sync_folder(folder_of(path))) return fail(path, last_error());
  return {};
}

base::Result<void> check_mode(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail(path, last_error());
  if (S_ISDIR(status.st_mode)) return fail(path, "is a folder; name a file in it");
  if (!S_ISREG(status.st_mode)) return fail(path, "is not a regular file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(path, "others may read or write it, and it holds what callers said; chmod 600 it");
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0)
    return fail(path, "cannot be read and written: " + last_error() + "; check its owner");
  if (::faccessat(AT_FDCWD, folder_of(path).c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return fail(path, "its folder cannot be written (" + last_error() + "), and its log stands there");
  return {};
}

// Closes itself.
class Head {
 public:
  Head(sqlite3_vfs* vfs, const std::string& path)
      : space_(
            new std::max_align_t[static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1]()),
        file_(reinterpret_cast<sqlite3_file*>(space_.get())) {
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    is_open_ = vfs->xOpen(vfs, path.c_str(), file_, flags, &flags) == SQLITE_OK;
  }
  ~Head() {
    if (file_->pMethods != nullptr) file_->pMethods->xClose(file_);
  }
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  // Nothing: it cannot be read. Shorter: so is the file.
  bool read(std::string& head) {
    sqlite3_int64 size = 0;
    if (!is_open_ || file_->pMethods->xFileSize(file_, &size) != SQLITE_OK) return false;
    if (size < static_cast<sqlite3_int64>(head.size())) head.resize(static_cast<std::size_t>(size));
    return head.empty() ||
           file_->pMethods->xRead(file_, head.data(), static_cast<int>(head.size()), 0) == SQLITE_OK;
  }

 private:
  std::unique_ptr<std::max_align_t[]> space_;
  sqlite3_file* file_;
  bool is_open_ = false;
};

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

base::Result<void> prepare_file(const std::string& path, bool may_make) {
  if (path.empty()) return base::fail("inbox: its path is empty; name a file");
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno == ENOENT) {
    if (!may_make) return fail(path, "it is gone; put it back with its log, or start anew");
    if (auto made = make_file(path); !made) return made;
  }
  return check_mode(path);
}

std::optional<FileMark> find_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileMark{status.st_dev, status.st_ino};
}

base::Result<void> check_head(const std::string& path, const std::string& vfs_name) {
  sqlite3_initialize();
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (vfs == nullptr) return fail(path, "SQLite knows no way to files");
  std::string full(static_cast<std::size_t>(vfs->mxPathname) + 1, '\0');
  if ((vfs->xFullPathname(vfs, path.c_str(), vfs->mxPathname, full.data()) & 0xff) != SQLITE_OK)
    return fail(path, "the path is too long");
  // The file's making was cut short: SQLite takes it back, and what is there then is asked again.
  int has_journal = 0;
  const std::string journal = full.substr(0, full.find('\0')) + "-journal";
  if (vfs->xAccess(vfs, journal.c_str(), SQLITE_ACCESS_EXISTS, &has_journal) == SQLITE_OK && has_journal != 0)
    return {};
  std::string head(100, '\0');
  if (!Head(vfs, full).read(head)) return fail(path, "cannot be read");
  if (head.empty()) return {};
  if (head.size() < 100 || !head.starts_with(kMagic))
    return fail(path, "is not an SQLite file; name another one, or none yet");
  if (big_endian(std::string_view(head).substr(kApplicationIdOffset, 4)) != kApplicationId)
    return fail(path, kForeign);
  return {};
}

}  // namespace callgate::store_sqlite
