// SPDX-License-Identifier: Apache-2.0
// docs/rules.md names tests as CTest does; each name must be a test of that room, or one that a
// CMakeLists.txt below tests/ adds, or an experiment.

#include <gtest/gtest.h>

#include <filesystem>
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

std::set<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.insert((*match)[1].str());
  return found;
}

// Tests that are programs of their own, "folder/name".
std::set<std::string> added_by_cmake() {
  static const std::regex kAdded(R"(add_test\(NAME\s+([\w/]+))");
  std::set<std::string> names;
  for (const auto& folder : std::filesystem::directory_iterator(source_root() / "tests")) {
    const auto file = folder.path() / "CMakeLists.txt";
    if (std::filesystem::exists(file)) names.merge(all_matches(read_text(file), kAdded));
  }
  return names;
}

TEST(RulesDocument, NamesProgramsAndExperimentsThatExist) {
  const std::string document = read_text(source_root() / "docs/rules.md");
  const auto programs = added_by_cmake();
  for (const auto& name : all_matches(document, std::regex(R"(`(?!scripts/)(\w+/\w+)`)")))
    EXPECT_TRUE(programs.contains(name)) << name << " is not a test";
  const std::string experiments = read_text(source_root() / "tests/experiments/run.py");
  const auto named = all_matches(document, std::regex(R"(`experiment ([a-z-]+)`)"));
  EXPECT_FALSE(named.empty());
  for (const auto& name : named)
    EXPECT_NE(experiments.find("    \"" + name + "\": ("), std::string::npos) << name << " is no experiment";
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
