// SPDX-License-Identifier: Apache-2.0
// cmake/room.cmake stops a house that breaks the rules, and lets a sound one stand. Each test configures a
// few rooms of tests/layering/house in a folder of its own.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <regex>

#include "source_text.hpp"

namespace callgate::layering {
namespace {

namespace fs = std::filesystem;

class House : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "callgate-house-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  bool configure(const std::string& rooms) {
    return run("-G Ninja -S '" + (source_root() / "tests/layering/house").string() + "' -B '" +
               (folder_ / "build").string() +
               "' -DCMAKE_CXX_COMPILER='" CALLGATE_CXX "' -DCALLGATE_ROOM_CMAKE='" +
               (source_root() / "cmake/room.cmake").string() + "' -DROOMS='" + rooms + "'");
  }

  bool build_headers_alone() {
    return run("--build '" + (folder_ / "build").string() + "' --target all_verify_interface_header_sets");
  }

  // What the last command said, with white space as single blanks: CMake wraps its lines.
  std::string said() const {
    return std::regex_replace(read_text(folder_ / "said"), std::regex("\\s+"), " ");
  }

 private:
  bool run(const std::string& arguments) {
    const std::string command =
        "'" CALLGATE_CMAKE "' " + arguments + " >'" + (folder_ / "said").string() + "' 2>&1";
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): our own words, one thread
    return std::system(command.c_str()) == 0;
  }

  fs::path folder_;
};

TEST_F(House, StandsWhenEveryRoomUsesLowerFloors) {
  EXPECT_TRUE(configure("cellar;hall")) << said();
  EXPECT_TRUE(build_headers_alone()) << said();
}

TEST_F(House, StopsARoomThatUsesOneAboveIt) {
  EXPECT_FALSE(configure("cellar;hall;shaft"));
  EXPECT_NE(
      said().find("room shaft (floor 0) uses hall (floor 1): a room may use only rooms on lower floors"),
      std::string::npos)
      << said();
}

TEST_F(House, StopsARoomThatUsesOneBesideIt) {
  EXPECT_FALSE(configure("cellar;hall;parlour"));
  EXPECT_NE(
      said().find("room parlour (floor 1) uses hall (floor 1): a room may use only rooms on lower floors"),
      std::string::npos)
      << said();
}

TEST_F(House, StopsARoomThatUsesAnUndeclaredOne) {
  EXPECT_FALSE(configure("cellar;hall;hermit"));
  EXPECT_NE(said().find("room hermit uses attic, which is not declared below it"), std::string::npos)
      << said();
}

TEST_F(House, StopsARoomThatIsDeclaredBeforeTheOneItUses) {
  EXPECT_FALSE(configure("hall;cellar"));
  EXPECT_NE(said().find("room hall uses cellar, which is not declared below it"), std::string::npos)
      << said();
}

TEST_F(House, StopsAnIncludeThatIsNotDeclared) {
  EXPECT_FALSE(configure("cellar;hall;peephole"));
  EXPECT_NE(said().find("includes callgate/cellar/ but does not declare it"), std::string::npos) << said();
}

TEST_F(House, StopsAnIncludeThatATestDoesNotDeclare) {
  EXPECT_FALSE(configure("cellar;hall;hatch"));
  EXPECT_NE(said().find("room hatch (test):"), std::string::npos) << said();
  EXPECT_NE(said().find("includes callgate/hall/ but does not declare it"), std::string::npos) << said();
}

TEST_F(House, StopsAHeaderThatDoesNotCompileAlone) {
  EXPECT_TRUE(configure("cellar;draught")) << said();
  EXPECT_FALSE(build_headers_alone());
  EXPECT_NE(said().find("draught.hpp"), std::string::npos) << said();
}

}  // namespace
}  // namespace callgate::layering
