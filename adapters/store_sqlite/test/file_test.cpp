// SPDX-License-Identifier: Apache-2.0
// What becomes of the path: the file's mode, its settings, its lock, and every way in which it can be wrong.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "asked.hpp"

namespace callgate::store_sqlite {
namespace {

class InboxFile : public ::testing::Test {
 protected:
  std::string error_of(const std::string& path) {
    auto store = SqliteStore::open(at_path(path), clock_);
    return store ? "opened" : store.error().message;
  }
  void expect_refused(const std::string& path, const std::string& word) {
    const std::string error = error_of(path);
    EXPECT_NE(error.find(word), std::string::npos) << error;
    EXPECT_NE(error.find("inbox '" + path + "'"), std::string::npos) << error;
  }
  // As another program would.
  static void execute(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  StandingClock clock_;
  Folder folder_;
};

TEST_F(InboxFile, IsItsOwnersAlone) {
  const mode_t before = ::umask(0);
  {
    auto store = open_store(at_path(folder_.file()), clock_);
    ASSERT_TRUE(Asked(*store).add(one("a", "1")));
    EXPECT_EQ(mode_of(folder_.file()), 0600U);
    EXPECT_EQ(mode_of(folder_.file() + "-wal"), 0600U);
    EXPECT_FALSE(std::filesystem::exists(folder_.file() + "-shm"));
  }
  ::umask(before);
  EXPECT_FALSE(std::filesystem::exists(folder_.file() + "-wal")) << "closed, it is one file";
}

TEST_F(InboxFile, RefusesOneThatOthersMayRead) {
  open_store(at_path(folder_.file()), clock_).reset();
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U}) {
    ASSERT_EQ(::chmod(folder_.file().c_str(), mode), 0);
    expect_refused(folder_.file(), "chmod 600 it");
  }
  ASSERT_EQ(::chmod(folder_.file().c_str(), 0600), 0);
  EXPECT_EQ(error_of(folder_.file()), "opened");
}

TEST_F(InboxFile, HasTheSettingsItNeeds) {
  open_store(at_path(folder_.file()), clock_).reset();
  Connection connection(folder_.file(), "");
  EXPECT_EQ(connection.ask("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(connection.ask_number("PRAGMA page_size"), 8192);
  EXPECT_EQ(connection.ask_number("PRAGMA auto_vacuum"), 2);
  EXPECT_EQ(connection.ask_number("PRAGMA application_id"), 0x6367696e);
  EXPECT_EQ(connection.ask_number("PRAGMA user_version"), kSchemaVersion);
  EXPECT_EQ(connection.ask("PRAGMA integrity_check"), "ok");
}

TEST_F(InboxFile, BelongsToOneStoreOfThisProcess) {
  auto store = open_store(at_path(folder_.file()), clock_);
  for (int i = 0; i < 3; ++i) expect_refused(folder_.file(), "another callgate has it open");
  EXPECT_TRUE(Asked(*store).add(one("a", "1")));
  store.reset();
  EXPECT_EQ(error_of(folder_.file()), "opened");
}

// The child holds the file from its start to its end, which it does not choose.
TEST_F(InboxFile, BelongsToOneProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = SqliteStore::open(at_path(folder_.file()), clock_);
    const char word = store && Asked(**store).add(one("a", "1")) ? 'y' : 'n';
    if (::write(ready[1], &word, 1) == 1) ::pause();
    ::_exit(1);
  }
  char word = 0;
  EXPECT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  expect_refused(folder_.file(), "another callgate has it open");
  EXPECT_EQ(::kill(child, SIGSTOP), 0);
  expect_refused(folder_.file(), "another callgate has it open");
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  auto store = open_store(at_path(folder_.file()), clock_);
  EXPECT_TRUE(*Asked(*store).show("1")) << "what the killed one promised";
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(InboxFile, SaysWhatIsWrongWithThePath) {
  expect_refused(folder_.path(), "is a folder");
  expect_refused(folder_.path() + "/none/inbox.db", "cannot be made");
  expect_refused("/dev/null", "is not a regular file");
  EXPECT_NE(error_of("").find("path is empty"), std::string::npos);
  expect_refused(folder_.path() + "/" + std::string(300, 'x'), "File name too long");
}

// Somebody who is not root; root may write everything.
TEST_F(InboxFile, RefusesWhatItMayNotWrite) {
  constexpr uid_t kNobody = 65534;
  open_store(at_path(folder_.file()), clock_).reset();
  const uid_t self = ::geteuid();
  if (self == 0) {
    ASSERT_EQ(::chown(folder_.path().c_str(), kNobody, 0), 0);
    ASSERT_EQ(::chown(folder_.file().c_str(), kNobody, 0), 0);
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  EXPECT_EQ(::chmod(folder_.file().c_str(), 0400), 0);
  expect_refused(folder_.file(), "cannot be read and written");
  EXPECT_EQ(::chmod(folder_.file().c_str(), 0600), 0);
  EXPECT_EQ(::chmod(folder_.path().c_str(), 0500), 0);
  expect_refused(folder_.file(), "its folder cannot be written");
  expect_refused(folder_.file("new"), "cannot be made");
  EXPECT_EQ(::chmod(folder_.path().c_str(), 0700), 0);
  EXPECT_EQ(error_of(folder_.file()), "opened");
  EXPECT_EQ(::seteuid(self), 0);
}

TEST_F(InboxFile, RefusesWhatIsNotItsOwn) {
  const std::string text = folder_.file("text");
  std::ofstream(text) << "not a database, however long this text may be; " << std::string(200, '.');
  ASSERT_EQ(::chmod(text.c_str(), 0600), 0);
  expect_refused(text, "is not an SQLite file");

  const std::string foreign = folder_.file("foreign.db");
  execute(foreign, "CREATE TABLE a (b); INSERT INTO a VALUES (1);");
  ASSERT_EQ(::chmod(foreign.c_str(), 0600), 0);
  expect_refused(foreign, "of another program");
  execute(foreign, "PRAGMA application_id = 77");
  expect_refused(foreign, "of another program");
  execute(foreign, "INSERT INTO a VALUES (2);");
}

TEST_F(InboxFile, RefusesANewerSchemaAndLeavesItAlone) {
  open_store(at_path(folder_.file()), clock_).reset();
  execute(folder_.file(), "PRAGMA user_version = 7");
  expect_refused(folder_.file(), "written by a newer callgate (schema 7, this one knows 1)");
  Connection connection(folder_.file(), "");
  EXPECT_EQ(connection.ask_number("PRAGMA user_version"), 7);
}

TEST_F(InboxFile, RefusesOneWhoseTablesSomebodyChanged) {
  open_store(at_path(folder_.file()), clock_).reset();
  execute(folder_.file(), "CREATE INDEX mine ON event (type)");
  expect_refused(folder_.file(), "its tables were changed");
  execute(folder_.file(), "DROP INDEX mine");
  EXPECT_EQ(error_of(folder_.file()), "opened");
}

TEST_F(InboxFile, AnEmptyFileIsTakenAsNew) {
  std::ofstream(folder_.file()).flush();
  ASSERT_EQ(::chmod(folder_.file().c_str(), 0600), 0);
  EXPECT_EQ(error_of(folder_.file()), "opened");
}

TEST_F(InboxFile, TakesNothingOnceItIsRemovedUntilItIsBack) {
  const Pace pace{.retry = 0ms, .look = 0ms};
  auto store = open_store(at_path(folder_.file()), clock_, {}, pace);
  Asked ask(*store);
  ASSERT_TRUE(ask.add(one("a", "1")));
  std::filesystem::rename(folder_.file(), folder_.file("elsewhere.db"));
  std::filesystem::rename(folder_.file() + "-wal", folder_.file("elsewhere.db-wal"));
  const auto refused = ask.add(one("a", "2"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("it is gone"), std::string::npos) << refused.error().message;
  EXPECT_EQ(store->trouble(), refused.error().message);
  std::filesystem::rename(folder_.file("elsewhere.db-wal"), folder_.file() + "-wal");
  std::filesystem::rename(folder_.file("elsewhere.db"), folder_.file());
  while (!ask.add(one("a", "3"))) std::this_thread::yield();
  EXPECT_EQ(store->trouble(), "");
  EXPECT_TRUE(*ask.show("1"));
}

TEST_F(InboxFile, AFileThatIsCutShortIsToldAsDamaged) {
  {
    auto store = open_store(at_path(folder_.file()), clock_);
    for (int i = 0; i < 50; ++i) Asked(*store).add(one("a", std::to_string(i)));
  }
  ASSERT_EQ(::truncate(folder_.file().c_str(), 40'000), 0);
  expect_refused(folder_.file(), "damaged");
}

}  // namespace
}  // namespace callgate::store_sqlite
