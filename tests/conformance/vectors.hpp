// SPDX-License-Identifier: Apache-2.0
#pragma once
// Vectors of third parties: where they lie, how they are read, what was counted, and which cases are known to
// differ. Tests derive from VectorTest and are skipped (with CI=true: fail) when there are no vectors.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::conformance {

std::string read_text(const std::filesystem::path& file);
// Lines that are not empty.
std::vector<std::string> read_lines(const std::filesystem::path& file);
// Every file below the folder, in order of its path.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);
// The classical alphabet, with padding. Empty text if it is no base64.
std::string decode_base64(std::string text);
std::string decode_hex(std::string_view text);

// A file beside the tests.
std::filesystem::path beside_the_tests(const std::string& name);

class VectorTest : public ::testing::Test {
 protected:
  void SetUp() override;
  std::filesystem::path vectors_;  // the folder
};

// How many cases had which label; printed in order of the labels.
class Tally {
 public:
  void count(const std::string& label) { ++counts_[label]; }
  std::size_t of(const std::string& label) const;
  std::size_t total() const;
  void print(const std::string& title) const;

 private:
  std::map<std::string, std::size_t> counts_;
};

// The cases that a file beside the tests lists for one group: lines "group case case ...", with ": reason"
// behind them if there is one.
std::set<std::string> words_of_group(const std::string& name, const std::string& group);

// The cases of differences.txt, for one group ("signatures"). A case that stands there must differ, so that
// the list never outlives its reasons.
class Differences {
 public:
  explicit Differences(const std::string& group);
  // Counts the case as met.
  bool holds(const std::string& id);
  // To be called when every case has been judged: what stands in the file and was not met.
  std::string unmet() const;
  std::size_t met() const { return met_.size(); }

 private:
  std::set<std::string> listed_;
  std::set<std::string> met_;
};

// Judges one case: the answer must be the expected one, or the case must be listed as different.
void expect_answer(Differences& differences, const std::string& id, bool accepted, bool expected,
                   const std::string& note);

}  // namespace callgate::conformance
