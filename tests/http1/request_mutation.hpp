// SPDX-License-Identifier: Apache-2.0
#pragma once
// Broken and odd HTTP/1.1 requests, made of good ones: at the level of bytes, lines, header fields, request
// line, framing and body. The same seed makes the same bytes. Not thread-safe: one Mutator for each thread;
// the seeds may be shared.

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::http1 {

// Callbacks and other requests that the gateway answers with anything from 200 to 431; with both tokens, so
// that the body is reached and not reached.
std::vector<std::string> make_seeds(const std::string& good_token, const std::string& bad_token);
// The vectors of http1/ and the files below seeds/ of a folder like the one CALLGATE_VECTORS names; `scratch`
// takes what has to be unpacked. Those that can be turned into callbacks come twice: as they are, and so.
std::vector<std::string> read_seeds(const std::filesystem::path& vectors,
                                    const std::filesystem::path& scratch, const std::string& good_token);

class Mutator {
 public:
  // NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): repeatable is what is wanted
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}

  // Everything made from here on follows from `seed`.
  void restart(std::uint64_t seed) { random_.seed(seed); }
  // 0 up to `bound` - 1; 0 if bound is 0.
  std::size_t draw(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound); }
  bool chance(unsigned percent) { return draw(100) < percent; }

  // A seed after 0 to 4 changes.
  std::string next();

 private:
  void change(std::string& request);
  void change_bytes(std::string& request);
  void change_lines(std::string& request);
  void change_request_line(std::string& request);
  void add_field(std::string& request);
  void change_field(std::string& request);
  void change_length(std::string& request);
  void make_chunked(std::string& request);
  void change_chunks(std::string& request);
  void change_body(std::string& request);
  void change_token(std::string& request);
  void splice(std::string& request);
  template <std::size_t N>
  std::string_view pick(const std::string_view (&choices)[N]) {
    return choices[draw(N)];
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 random_;
};

}  // namespace callgate::http1
