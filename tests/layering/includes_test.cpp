// SPDX-License-Identifier: Apache-2.0
// The house plan as a table: which floor a room stands on and which outside headers it may include. A new
// room gets its row here. That every <callgate/x/...> is declared is checked by cmake/room.cmake when the
// build is configured.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <regex>

#include "source_text.hpp"

namespace callgate::layering {
namespace {

namespace fs = std::filesystem;
using Prefixes = std::vector<std::string>;

enum class Reach {
  pure,    // values only: no operating system, thread, file or clock
  system,  // may call the operating system
};

struct Room {
  std::string folder;
  int floor;
  Reach reach;
  Prefixes sources;       // outside libraries in src/ (and test/)
  Prefixes headers = {};  // outside libraries in include/, beside tl/
};

// clang-format off
const std::vector<Room>& rooms() {
  static const std::vector<Room> plan{
      {"lib/base", 0, Reach::pure, {}},
      {"lib/refusal", 0, Reach::pure, {}},
      {"lib/json", 1, Reach::pure, {"simdjson.h"}},
      {"lib/http", 1, Reach::pure, {}},
      {"lib/digest", 1, Reach::pure, {"openssl/"}},
      {"lib/jose", 2, Reach::pure, {"openssl/"}},
      {"lib/events", 2, Reach::pure, {}},
      {"lib/oidc", 3, Reach::pure, {}},
      {"lib/policy", 3, Reach::pure, {}},
      {"lib/replay", 3, Reach::pure, {}},
      {"lib/delivery", 3, Reach::pure, {}},
      {"lib/mint", 3, Reach::pure, {"openssl/"}},
      {"lib/gate", 4, Reach::pure, {}},
      {"lib/net", 4, Reach::system, {"boost/", "openssl/"}},
      {"lib/testing", 4, Reach::system, {"gtest/"}, {"gtest/"}},
      {"lib/config", 5, Reach::system, {"CLI/", "toml++/"}},
      {"lib/admin", 5, Reach::system, {"prometheus/"}},
      {"adapters/keys_http", 5, Reach::system, {"curl/"}},
      {"adapters/sink_http", 5, Reach::system, {}},
      {"adapters/store_sqlite", 5, Reach::system, {"sqlite3.h"}},
      {"lib/gateway", 6, Reach::system, {"spdlog/", "fmt/"}},
      {"lib/console", 6, Reach::system, {"CLI/", "fmt/"}},
      {"lib/emulator", 6, Reach::system, {"CLI/", "fmt/"}},
  };
  return plan;
}
// clang-format on

const Room* find_room(const std::string& folder) {
  const auto found =
      std::find_if(rooms().begin(), rooms().end(), [&](const Room& r) { return r.folder == folder; });
  return found == rooms().end() ? nullptr : &*found;
}

// "lib/json/src/scan.cpp" is in folder "lib/json", part "src".
struct Place {
  std::string folder;
  std::string part;
};
Place place_of(const fs::path& file) {
  const std::vector<fs::path> steps(file.begin(), file.end());
  if (steps.size() < 3) return {};
  return {(steps[0] / steps[1]).string(), steps[2].string()};
}

bool is_standard(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}
bool is_system(const std::string& name) {
  static const std::regex pattern(
      "(sys|netinet|arpa|net|linux)/"
      "[a-z_0-9]+\\.h|(unistd|stdlib|signal|fcntl|poll|netdb|spawn|time|pthread)\\.h");
  return std::regex_match(name, pattern);
}
bool starts_with_one_of(const std::string& name, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& p) { return name.starts_with(p); });
}

// Why a room's file may not have this include; nothing if it may.
std::optional<std::string> fault_of(const Room& room, const std::string& part, const Include& include) {
  const std::string& name = include.name;
  if (include.quoted) {
    if (name.find('/') != std::string::npos) return "a quoted include stays in its own folder";
    return std::nullopt;
  }
  if (name.starts_with("callgate/")) return std::nullopt;  // cmake/room.cmake has judged it
  if (is_standard(name)) {
    static const Prefixes impure{"thread",    "stop_token", "future",     "condition_variable",
                                 "coroutine", "fstream",    "filesystem", "iostream"};
    if (room.reach == Reach::pure && part != "test" && starts_with_one_of(name, impure)) {
      return "no thread, file or console below net";
    }
    return std::nullopt;
  }
  if (is_system(name)) {
    if (room.reach == Reach::pure) return "no operating system call below net";
    if (part == "include") return "a public header shows no operating system type";
    return std::nullopt;
  }
  if (name.starts_with("tl/")) return std::nullopt;
  if (part == "include") {
    if (starts_with_one_of(name, room.headers)) return std::nullopt;
    return "a public header needs the standard library and tl/ only";
  }
  if (starts_with_one_of(name, room.sources)) return std::nullopt;
  // Tests may ask OpenSSL for a second opinion on a key or a signature.
  if (part == "test" && starts_with_one_of(name, {"gtest/", "gmock/", "openssl/"})) return std::nullopt;
  return "not on this room's list of outside libraries";
}

TEST(Includes, EveryRoomIsOnThePlan) {
  for (const char* storey : {"lib", "adapters"}) {
    if (!fs::exists(source_root() / storey)) continue;
    for (const auto& entry : fs::directory_iterator(source_root() / storey)) {
      if (!fs::exists(entry.path() / "CMakeLists.txt")) continue;
      const std::string folder = fs::relative(entry.path(), source_root()).string();
      EXPECT_NE(find_room(folder), nullptr) << folder << " has no row in rooms(): give it a floor";
    }
  }
}

TEST(Includes, EveryRoomStandsOnItsFloor) {
  for (const Room& room : rooms()) {
    const fs::path recipe = source_root() / room.folder / "CMakeLists.txt";
    if (!fs::exists(recipe)) continue;  // nothing in it yet
    const std::string name = fs::path(room.folder).filename().string();
    const std::regex declared("callgate_room\\(" + name + "\\s+FLOOR " + std::to_string(room.floor) + "\\b");
    EXPECT_TRUE(std::regex_search(read_text(recipe), declared))
        << room.folder << " is not on floor " << room.floor;
  }
}

TEST(Includes, RoomsIncludeOnlyTheirOwnOutsideLibraries) {
  std::size_t seen = 0;
  for (const fs::path& file : cpp_files({"lib", "adapters"})) {
    const Place place = place_of(file);
    const Room* room = find_room(place.folder);
    if (room == nullptr) continue;                        // EveryRoomIsOnThePlan tells
    if (file == "lib/console/src/version.cpp") continue;  // names the version of every library
    for (const Include& include : includes_of(read_text(source_root() / file))) {
      ++seen;
      const auto fault = fault_of(*room, place.part, include);
      EXPECT_FALSE(fault) << file.string() << ":" << include.line << ": " << include.name << ": " << *fault;
    }
  }
  EXPECT_GT(seen, 100U) << "the test sees nothing";
}

TEST(Includes, ProgramsAndExamplesIncludeOnlyTheServerTheyShow) {
  const auto allowed = [](const fs::path& file) -> Prefixes {
    if (place_of(file).folder == "examples/webhook-httplib") return {"httplib.h"};
    if (place_of(file).folder == "examples/webhook-beast") return {"boost/asio/", "boost/beast/"};
    return {};
  };
  for (const fs::path& file : cpp_files({"app", "examples"})) {
    for (const Include& include : includes_of(read_text(source_root() / file))) {
      EXPECT_TRUE(include.quoted || include.name.starts_with("callgate/") ||
                  include.name.starts_with("tl/") || is_standard(include.name) || is_system(include.name) ||
                  starts_with_one_of(include.name, allowed(file)))
          << file.string() << ":" << include.line << ": " << include.name;
    }
  }
}

// Targets see what a room shows and, of their own folder's build, a private header; libFuzzer needs none.
TEST(Includes, FuzzTargetsIncludeNoOutsideLibrary) {
  for (const fs::path& file : cpp_files({"fuzz"})) {
    for (const Include& include : includes_of(read_text(source_root() / file))) {
      EXPECT_TRUE(include.quoted || include.name.starts_with("callgate/") || is_standard(include.name))
          << file.string() << ":" << include.line << ": " << include.name;
    }
  }
}

TEST(Includes, TheRulesSeeEachKindOfFault) {
  const Room& json = *find_room("lib/json");
  const Room& net = *find_room("lib/net");
  EXPECT_FALSE(fault_of(json, "src", {1, "simdjson.h", false}));
  EXPECT_FALSE(fault_of(json, "src", {1, "vector", false}));
  EXPECT_FALSE(fault_of(json, "test", {1, "gtest/gtest.h", false}));
  EXPECT_FALSE(fault_of(net, "src", {1, "sys/socket.h", false}));
  EXPECT_TRUE(fault_of(json, "include", {1, "simdjson.h", false}));
  EXPECT_TRUE(fault_of(json, "src", {1, "openssl/evp.h", false}));
  EXPECT_TRUE(fault_of(json, "src", {1, "gtest/gtest.h", false}));
  EXPECT_TRUE(fault_of(json, "src", {1, "thread", false}));
  EXPECT_TRUE(fault_of(json, "src", {1, "sys/socket.h", false}));
  EXPECT_TRUE(fault_of(json, "src", {1, "../../net/src/loop.hpp", true}));
  EXPECT_TRUE(fault_of(net, "include", {1, "boost/asio.hpp", false}));
}

TEST(Calls, NoClockBelowNetButTheOneInBase) {
  const std::regex clock(
      "_clock::now\\b|\\btime\\(nullptr\\)|\\b(gettimeofday|clock_gettime|sleep_for|sleep_until)\\b");
  for (const fs::path& file : cpp_files({"lib"})) {
    const Place place = place_of(file);
    const Room* room = find_room(place.folder);
    if (room == nullptr || room->reach != Reach::pure || place.part == "test") continue;
    if (file == "lib/base/src/clock.cpp") continue;
    const std::string code = without_comments_and_literals(read_text(source_root() / file));
    EXPECT_FALSE(std::regex_search(code, clock)) << file << ": time is a parameter below net";
  }
}

TEST(Calls, OnlyConfigReadsTheEnvironment) {
  for (const fs::path& file : cpp_files({"lib", "adapters", "app"})) {
    const Place place = place_of(file);
    if (place.folder == "lib/config" || place.folder == "lib/testing" || place.part == "test") continue;
    const std::string code = without_comments_and_literals(read_text(source_root() / file));
    EXPECT_EQ(code.find("getenv"), std::string::npos) << file << ": settings come through config";
  }
}

}  // namespace
}  // namespace callgate::layering
