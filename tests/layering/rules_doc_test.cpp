// SPDX-License-Identifier: Apache-2.0
// docs/rules.md names tests as CTest does; each name must be a test of that room.

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "source_text.hpp"

namespace callgate::layering {
namespace {

// "room/Suite.Name" of every test in the tree. The room is the folder above test/, or the folder below
// tests/.
std::set<std::string> tests_of_the_tree() {
  static const std::regex kTest(R"(TEST(?:_[FP])?\((\w+),\s*(\w+)\))");
  std::set<std::string> names;
  for (const auto& file : cpp_files({"lib", "adapters", "tests"})) {
    const std::string path = file.generic_string();
    const bool of_a_room = path.find("/test/") != std::string::npos;
    const auto room = of_a_room ? file.parent_path().parent_path().filename() : *std::next(file.begin());
    const std::string text = read_text(source_root() / file);
    for (std::sregex_iterator match(text.begin(), text.end(), kTest), end; match != end; ++match) {
      names.insert(room.string() + "/" + (*match)[1].str() + "." + (*match)[2].str());
    }
  }
  return names;
}

TEST(RulesDocument, NamesTestsThatExist) {
  static const std::regex kName(R"(`(\w+/\w+\.\w+)`)");
  const std::string document = read_text(source_root() / "docs/rules.md");
  const auto tests = tests_of_the_tree();
  std::size_t named = 0;
  for (std::sregex_iterator match(document.begin(), document.end(), kName), end; match != end;
       ++match, ++named) {
    EXPECT_TRUE(tests.contains((*match)[1].str())) << (*match)[1].str() << " is not a test";
  }
  EXPECT_GT(named, 100U);
}

}  // namespace
}  // namespace callgate::layering
