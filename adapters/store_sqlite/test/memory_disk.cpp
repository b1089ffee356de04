// SPDX-License-Identifier: Apache-2.0
#include "memory_disk.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

namespace callgate::store_sqlite {

namespace {

constexpr std::size_t kSector = 512;

void apply(std::string& content, std::uint64_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

// What SQLite calls.
struct MemoryDiskCalls {
  struct Handle {
    sqlite3_file base;
    MemoryDisk* disk;
    MemoryDisk::FilePointer* file;
  };

  static MemoryDisk& disk(sqlite3_vfs* vfs) { return *static_cast<MemoryDisk*>(vfs->pAppData); }
  static Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }

  static int close(sqlite3_file* file) {
    delete std::exchange(handle(file).file, nullptr);
    return SQLITE_OK;
  }
  static int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    const std::lock_guard lock(handle(file).disk->mutex_);
    if (!handle(file).disk->has_power_) return SQLITE_IOERR_READ;
    const std::string& now = (*handle(file).file)->now;
    const auto from = std::min(static_cast<std::size_t>(offset), now.size());
    const std::size_t there = std::min(static_cast<std::size_t>(count), now.size() - from);
    std::memcpy(to, now.data() + from, there);
    if (there == static_cast<std::size_t>(count)) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, static_cast<std::size_t>(count) - there);
    return SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    return handle(file).disk->write(**handle(file).file, static_cast<const char*>(from),
                                    static_cast<std::size_t>(count), static_cast<std::uint64_t>(offset));
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return handle(file).disk->truncate(**handle(file).file, static_cast<std::uint64_t>(size));
  }
  static int sync(sqlite3_file* file, int) { return handle(file).disk->sync(**handle(file).file); }
  static int size(sqlite3_file* file, sqlite3_int64* size) {
    const std::lock_guard lock(handle(file).disk->mutex_);
    *size = static_cast<sqlite3_int64>((*handle(file).file)->now.size());
    return SQLITE_OK;
  }
  static int lock(sqlite3_file*, int) { return SQLITE_OK; }
  static int is_locked(sqlite3_file*, int* locked) {
    *locked = 0;
    return SQLITE_OK;
  }
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 4096; }
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods kMethods = [] {
      sqlite3_io_methods m{};
      m.iVersion = 1;  // no shared memory: the log's index is the connection's own
      m.xClose = close;
      m.xRead = read;
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = sync;
      m.xFileSize = size;
      m.xLock = lock;
      m.xUnlock = lock;
      m.xCheckReservedLock = is_locked;
      m.xFileControl = control;
      m.xSectorSize = sector_size;
      m.xDeviceCharacteristics = characteristics;
      return m;
    }();
    return kMethods;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    file->pMethods = nullptr;
    int code = SQLITE_OK;
    auto found = disk(vfs).open(name == nullptr ? "" : name, flags, code);
    if (code != SQLITE_OK) return code;
    handle(file).disk = &disk(vfs);
    handle(file).file = new MemoryDisk::FilePointer(std::move(found));
    file->pMethods = &methods();
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int) { return disk(vfs).remove(name); }
  static int access(sqlite3_vfs* vfs, const char* name, int, int* result) {
    const std::lock_guard lock(disk(vfs).mutex_);
    if (!disk(vfs).has_power_) return SQLITE_IOERR_ACCESS;
    *result = disk(vfs).files_.count(name) != 0 ? 1 : 0;
    return SQLITE_OK;
  }
  static int full_path(sqlite3_vfs*, const char* name, int room, char* out) {
    sqlite3_snprintf(room, out, "%s", name);
    return SQLITE_OK;
  }
};

// NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): repeatable is what is wanted
MemoryDisk::MemoryDisk() {
  static std::atomic<int> count{0};
  name_ = "memory-disk-" + std::to_string(++count);
  sqlite3_initialize();
  vfs_ = *sqlite3_vfs_find(nullptr);  // randomness, time, sleep
  vfs_.iVersion = 2;
  vfs_.szOsFile = sizeof(MemoryDiskCalls::Handle);
  vfs_.pNext = nullptr;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = MemoryDiskCalls::open;
  vfs_.xDelete = MemoryDiskCalls::remove;
  vfs_.xAccess = MemoryDiskCalls::access;
  vfs_.xFullPathname = MemoryDiskCalls::full_path;
  sqlite3_vfs_register(&vfs_, 0);
}

MemoryDisk::~MemoryDisk() {
  sqlite3_vfs_unregister(&vfs_);
}

// ---- Faults ----

void MemoryDisk::fail_at(std::uint64_t n, Last last, int code) {
  const std::lock_guard lock(mutex_);
  fail_in_ = n;
  last_ = last;
  code_ = code;
  is_failing_ = has_failed_ = false;
}

void MemoryDisk::fail_sync_at(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  fail_sync_in_ = n;
  has_failed_ = false;
}

void MemoryDisk::heal() {
  const std::lock_guard lock(mutex_);
  fail_in_ = 0;
  is_failing_ = false;
}

bool MemoryDisk::has_failed() const {
  const std::lock_guard lock(mutex_);
  return has_failed_;
}

void MemoryDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

std::uint64_t MemoryDisk::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, file] : files_) bytes += file->now.size();
  return bytes;
}

// The code with which the operation at hand ends.
int MemoryDisk::judge(std::uint64_t bytes_more) {
  if (has_power_ && cut_in_ > 0 && --cut_in_ == 0) go_dark(cut_seed_, cut_survives_);
  if (!has_power_) return SQLITE_IOERR;
  if (fail_in_ > 0 && --fail_in_ == 0) {
    has_failed_ = true;
    is_failing_ = last_ == Last::until_healed;
    return code_;
  }
  if (is_failing_) return code_;
  return bytes_more > 0 && used() + bytes_more > capacity_ ? SQLITE_FULL : SQLITE_OK;
}

int MemoryDisk::write(File& file, const char* bytes, std::size_t count, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const int code = judge(offset + count > file.now.size() ? offset + count - file.now.size() : 0);
  if (!has_power_) return code;
  if (code != SQLITE_OK) count /= 2;  // some of it was written
  Change change{offset, std::string(bytes, count), false};
  apply(file.now, offset, change.bytes);
  file.unsynced.push_back(std::move(change));
  return code;
}

int MemoryDisk::truncate(File& file, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const int code = judge(0);
  if (code != SQLITE_OK) return code;
  file.now.resize(size);
  file.unsynced.push_back({size, {}, true});
  return SQLITE_OK;
}

int MemoryDisk::sync(File& file) {
  const std::lock_guard lock(mutex_);
  int code = judge(0);
  if (!has_power_) return code;
  if (fail_sync_in_ > 0 && --fail_sync_in_ == 0) {
    code = SQLITE_IOERR_FSYNC;
    has_failed_ = true;
  }
  if (code == SQLITE_OK) {
    for (const Change& change : file.unsynced) {
      if (change.truncates) {
        file.safe.resize(change.offset);
      } else {
        apply(file.safe, change.offset, change.bytes);
      }
    }
    file.is_safe = true;
    removed_.clear();
  }
  file.unsynced.clear();
  return code;
}

int MemoryDisk::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const int code = judge(0);
  if (code != SQLITE_OK) return code;
  const auto found = files_.find(name);
  if (found == files_.end()) return SQLITE_IOERR_DELETE_NOENT;
  if (found->second->is_safe) removed_[name] = found->second;
  files_.erase(found);
  return SQLITE_OK;
}

MemoryDisk::FilePointer MemoryDisk::open(const std::string& name, int flags, int& code) {
  const std::lock_guard lock(mutex_);
  code = judge(0);
  if (code != SQLITE_OK) {
    if (has_power_) code = SQLITE_CANTOPEN;
    return nullptr;
  }
  if (name.empty()) return std::make_shared<File>();
  const auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  const bool is_main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  if (!is_main && (flags & SQLITE_OPEN_CREATE) == 0) {
    code = SQLITE_CANTOPEN;
    return nullptr;
  }
  auto file = std::make_shared<File>();
  file->is_safe = is_main;  // made, and its folder synced, before SQLite sees it
  files_[name] = file;
  return file;
}

// ---- Power ----

// Sectors that were written and not synced are on the disk, or not, each for itself.
std::string MemoryDisk::survivors(const File& file) {
  std::string content = file.safe;
  const std::uint64_t odds = random_() % 101;
  for (const Change& change : file.unsynced) {
    if (change.truncates) {
      if (random_() % 100 < odds) content.resize(change.offset);
      continue;
    }
    for (std::size_t begin = 0; begin < change.bytes.size();) {
      const std::size_t to_edge = kSector - (change.offset + begin) % kSector;
      const std::size_t count = std::min(to_edge, change.bytes.size() - begin);
      if (random_() % 100 < odds)
        apply(content, change.offset + begin, std::string_view(change.bytes).substr(begin, count));
      begin += count;
    }
  }
  return content;
}

void MemoryDisk::cut_power(std::uint64_t seed, Survives survives) {
  const std::lock_guard lock(mutex_);
  go_dark(seed, survives);
}

void MemoryDisk::cut_power_at(std::uint64_t n, std::uint64_t seed, Survives survives) {
  const std::lock_guard lock(mutex_);
  cut_in_ = n;
  cut_seed_ = seed;
  cut_survives_ = survives;
}

bool MemoryDisk::has_power() const {
  const std::lock_guard lock(mutex_);
  return has_power_;
}

void MemoryDisk::go_dark(std::uint64_t seed, Survives survives) {
  random_.seed(seed);
  has_power_ = false;
  std::map<std::string, FilePointer> left;
  const auto keep = [&](const std::string& name, const File& file) {
    auto copy = std::make_shared<File>();
    copy->now = copy->safe = survives == Survives::something ? survivors(file) : file.safe;
    copy->is_safe = true;
    left[name] = std::move(copy);
  };
  for (const auto& [name, file] : removed_) {
    if (survives == Survives::nothing || random_() % 2 == 0) keep(name, *file);
  }
  for (const auto& [name, file] : files_) {
    if (file->is_safe || (survives == Survives::something && random_() % 2 == 0)) keep(name, *file);
  }
  removed_.clear();
  files_ = std::move(left);
}

void MemoryDisk::restore_power() {
  const std::lock_guard lock(mutex_);
  has_power_ = true;
  cut_in_ = 0;
}

// ---- Bits ----

std::vector<std::string> MemoryDisk::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

std::uint64_t MemoryDisk::bytes(const std::string& file) const {
  const std::lock_guard lock(mutex_);
  return files_.at(file)->now.size();
}

void MemoryDisk::flip_bit(const std::string& file, std::uint64_t bit) {
  const std::lock_guard lock(mutex_);
  File& hit = *files_.at(file);
  hit.now[bit / 8] = static_cast<char>(hit.now[bit / 8] ^ (1 << (bit % 8)));
  hit.safe = hit.now;
}

MemoryDisk::Image MemoryDisk::image() const {
  const std::lock_guard lock(mutex_);
  Image image;
  for (const auto& [name, file] : files_) image[name] = file->now;
  return image;
}

void MemoryDisk::load(const Image& image) {
  const std::lock_guard lock(mutex_);
  files_.clear();
  removed_.clear();
  for (const auto& [name, content] : image) {
    auto file = std::make_shared<File>();
    file->now = file->safe = content;
    file->is_safe = true;
    files_[name] = std::move(file);
  }
}

}  // namespace callgate::store_sqlite
