// SPDX-License-Identifier: Apache-2.0
#include "vectors.hpp"

#include <algorithm>
#include <callgate/digest/base64.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace callgate::conformance {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << "cannot read " << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> read_lines(const fs::path& file) {
  std::istringstream in(read_text(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string decode_base64(std::string text) {
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return digest::decode_base64url(text).value_or("");
}

std::string decode_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return out;
}

fs::path beside_the_tests(const std::string& name) {
  return fs::path(CALLGATE_CONFORMANCE_DIR) / name;
}

void VectorTest::SetUp() {
  const char* folder = std::getenv("CALLGATE_VECTORS");  // NOLINT(concurrency-mt-unsafe): one thread
  if (folder != nullptr && *folder != '\0') {
    vectors_ = folder;
    ASSERT_TRUE(fs::is_directory(vectors_)) << "CALLGATE_VECTORS names no folder: " << folder;
    return;
  }
  const char* ci = std::getenv("CI");  // NOLINT(concurrency-mt-unsafe): one thread
  ASSERT_NE(std::string(ci == nullptr ? "" : ci), "true") << "CALLGATE_VECTORS is not set";
  GTEST_SKIP() << "CALLGATE_VECTORS is not set: it names the folder of third-party vectors";
}

std::size_t Tally::of(const std::string& label) const {
  const auto found = counts_.find(label);
  return found == counts_.end() ? 0 : found->second;
}

std::size_t Tally::total() const {
  std::size_t sum = 0;
  for (const auto& [label, count] : counts_) sum += count;
  return sum;
}

void Tally::print(const std::string& title) const {
  std::cout << title << ": " << total() << " cases\n";
  for (const auto& [label, count] : counts_) std::cout << "  " << count << "  " << label << "\n";
}

std::set<std::string> words_of_group(const std::string& name, const std::string& group) {
  std::set<std::string> words;
  for (const std::string& line : read_lines(beside_the_tests(name))) {
    std::istringstream in(line.substr(0, line.find(": ")));
    std::string word;
    if (in >> word && word == group) {
      while (in >> word) words.insert(word);
    }
  }
  return words;
}

Differences::Differences(const std::string& group) : listed_(words_of_group("differences.txt", group)) {}

bool Differences::holds(const std::string& id) {
  if (!listed_.contains(id)) return false;
  met_.insert(id);
  return true;
}

std::string Differences::unmet() const {
  std::string out;
  for (const std::string& id : listed_) {
    if (!met_.contains(id)) out += id + " ";
  }
  return out;
}

void expect_answer(Differences& differences, const std::string& id, bool accepted, bool expected,
                   const std::string& note) {
  if (accepted == expected) return;
  EXPECT_TRUE(differences.holds(id)) << id << ": " << (accepted ? "accepted" : "refused") << ", expected the "
                                     << "contrary. " << note;
}

}  // namespace callgate::conformance
