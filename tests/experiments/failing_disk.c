// SPDX-License-Identifier: Apache-2.0
// A disk that fails on command: preloaded into the gateway. Counts the writes and syncs of files by position (SQLite's
// alone are of that kind) once it is armed through a shared page, and makes those from the n-th on, or the n-th alone,
// fail with an error, or kills the process there.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { kWrites = 1, kSyncs = 2 };
enum { kKillBefore = -1, kKillAfter = -2 };

// As failing_disk.py packs it.
struct Orders {
  _Atomic int armed;  // kWrites, kSyncs or both; 0: leave everything alone
  _Atomic int at;     // the first that fails, counted from 1
  _Atomic int stays;  // so do all behind it
  _Atomic int what;   // an errno, or a kill
  _Atomic int seen;   // since it was armed
  _Atomic int failed;
};

static struct Orders* orders;
static ssize_t (*real_pwrite)(int, const void*, size_t, off64_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);

__attribute__((constructor)) static void open_orders(void) {
  real_pwrite = (ssize_t(*)(int, const void*, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
  real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  const char* name = getenv("FAILING_DISK_ORDERS");
  const int file = name == NULL ? -1 : open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void* page = mmap(NULL, sizeof(struct Orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) orders = page;
  close(file);
}

// The errno to fail with, a kill, or 0.
static int judge(int kind) {
  if (orders == NULL || (orders->armed & kind) == 0) return 0;
  const int number = ++orders->seen;
  if (number < orders->at || (number > orders->at && !orders->stays)) return 0;
  ++orders->failed;
  const int what = orders->what;
  if (what == kKillBefore) kill(getpid(), SIGKILL);
  return what;
}

static int end(int what, int result) {
  if (what == kKillAfter) kill(getpid(), SIGKILL);
  return result;
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  const int what = judge(kWrites);
  if (what > 0) {
    errno = what;
    return -1;
  }
  const ssize_t written = real_pwrite(file, bytes, size, at);
  end(what, 0);
  return written;
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return pwrite64(file, bytes, size, at);
}

int fdatasync(int file) {
  const int what = judge(kSyncs);
  if (what > 0) {
    errno = what;
    return -1;
  }
  return end(what, real_fdatasync(file));
}

int fsync(int file) {
  const int what = judge(kSyncs);
  if (what > 0) {
    errno = what;
    return -1;
  }
  return end(what, real_fsync(file));
}
