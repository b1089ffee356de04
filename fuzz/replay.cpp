// SPDX-License-Identifier: Apache-2.0
// Stands in for libFuzzer in ordinary builds: runs every file of the folders given, and every beginning of
// each, through the target.
//   replay_<target> FOLDER...

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.hpp"

namespace {

constexpr std::size_t kBeginningsMax = 4096;

// A copy that ends where its memory ends, so that AddressSanitizer sees a read past it.
void run(const std::string& input, std::size_t size) {
  const std::vector<std::uint8_t> bytes(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::size_t replay(const std::filesystem::path& folder) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::printf("%s: %zu bytes\n", entry.path().filename().c_str(), input.size());
    std::fflush(stdout);
    run(input, input.size());
    for (std::size_t size = 0; size < std::min(input.size(), kBeginningsMax); ++size) run(input, size);
    ++files;
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) try {
  for (int i = 1; i < argc; ++i) {
    const std::size_t files = replay(argv[i]);
    std::printf("%s: %zu inputs\n", argv[i], files);
    if (files == 0) return 1;
  }
  return argc > 1 ? 0 : 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
