// SPDX-License-Identifier: Apache-2.0
#pragma once
// A disk in memory, as an SQLite VFS of its own name. It knows what was synced and what was only written, can
// fail any operation, can be full, and can lose its power: then of what was not synced anything may be left,
// also parts of a write. After a failed sync the bytes are still read, but a later sync does not save them:
// operating systems do that. Any thread.
//
// Locks are not kept: one store at a time.

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace callgate::store_sqlite {

class MemoryDisk {
 public:
  MemoryDisk();
  // Every store on it has gone before.
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const std::string& vfs() const { return name_; }

  // ---- Faults ----
  enum class Last { once, until_healed };
  // The n-th write, sync, truncate, open or delete from now on fails with that code; n from 1.
  void fail_at(std::uint64_t n, Last last, int code);
  // The n-th sync from now on fails, once; n from 1.
  void fail_sync_at(std::uint64_t n);
  void heal();
  // Whether an operation has failed since fail_at().
  bool has_failed() const;
  // Bytes of all files; a write past it fails with SQLITE_FULL.
  void set_capacity(std::uint64_t bytes);

  // ---- Power ----
  enum class Survives { nothing, something };
  // From now on every operation fails.
  void cut_power(std::uint64_t seed, Survives survives);
  // The same just before the n-th operation of those that can fail; n from 1.
  void cut_power_at(std::uint64_t n, std::uint64_t seed, Survives survives);
  bool has_power() const;
  // With what was synced, and what else survived.
  void restore_power();

  // ---- Bits ----
  std::vector<std::string> files() const;
  std::uint64_t bytes(const std::string& file) const;
  void flip_bit(const std::string& file, std::uint64_t bit);
  // Everything, synced; to go back to.
  using Image = std::map<std::string, std::string>;
  Image image() const;
  void load(const Image& image);

 private:
  friend struct MemoryDiskCalls;
  struct Change {
    std::uint64_t offset;  // of truncate: the new size
    std::string bytes;
    bool truncates;
  };
  struct File {
    std::string now;
    std::string safe;
    bool is_safe = false;  // its name is on the disk
    std::vector<Change> unsynced;
  };
  using FilePointer = std::shared_ptr<File>;

  int judge(std::uint64_t bytes_more);
  int write(File& file, const char* bytes, std::size_t count, std::uint64_t offset);
  int truncate(File& file, std::uint64_t size);
  int sync(File& file);
  int remove(const std::string& name);
  FilePointer open(const std::string& name, int flags, int& code);
  std::uint64_t used() const;
  std::string survivors(const File& file);
  void go_dark(std::uint64_t seed, Survives survives);

  mutable std::mutex mutex_;
  std::string name_;
  sqlite3_vfs vfs_{};
  std::map<std::string, FilePointer> files_;
  std::map<std::string, FilePointer> removed_;  // not for sure: no sync since
  std::uint64_t fail_in_ = 0;                   // 0: not
  std::uint64_t fail_sync_in_ = 0;              // 0: not
  Last last_ = Last::once;
  int code_ = 0;
  bool is_failing_ = false;
  bool has_failed_ = false;
  std::uint64_t capacity_ = ~std::uint64_t{0};
  bool has_power_ = true;
  std::uint64_t cut_in_ = 0;  // 0: not
  std::uint64_t cut_seed_ = 0;
  Survives cut_survives_ = Survives::nothing;
  std::mt19937_64 random_;
};

}  // namespace callgate::store_sqlite
