// SPDX-License-Identifier: Apache-2.0
// Bytes of a body, read by one reader in one piece and by another in pieces: both must tell the same. The
// first byte chooses the sizes of the pieces, the second the limit.

#include <string>

#include "body_reader.hpp"
#include "fuzz.hpp"

using namespace callgate;
using net::BodyReader;

namespace {

struct Read {
  BodyReader::Step step = BodyReader::Step::more;
  std::string body;
  std::size_t left = 0;  // bytes behind the body's end
  bool operator==(const Read&) const = default;
};

// A linear congruence makes the sizes, 1 to 16 bytes each; a seed of 0 means everything at once.
Read read(BodyReader reader, std::string_view bytes, std::uint32_t seed) {
  Read out;
  std::string pending;
  const bool whole = seed == 0;
  do {
    seed = seed * 1664525U + 1013904223U;
    const std::size_t piece = std::min<std::size_t>(whole ? bytes.size() : (seed >> 28) + 1, bytes.size());
    pending.append(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
    std::string_view view = pending;
    out.step = reader.feed(view);
    pending = std::string(view);
  } while (out.step == BodyReader::Step::more && !bytes.empty());
  if (out.step == BodyReader::Step::more) out.step = reader.end();
  out.left = pending.size() + bytes.size();
  if (out.step == BodyReader::Step::done) out.body = reader.take();
  return out;
}

void compare(const BodyReader& reader, std::string_view bytes, std::uint32_t seed, std::size_t limit) {
  const Read whole = read(reader, bytes, 0);
  Read pieces = read(reader, bytes, seed + 1);
  fuzz::require(whole.step == pieces.step, "pieces do not change the verdict");
  fuzz::require(whole.body == pieces.body, "pieces do not change the body");
  fuzz::require(whole.body.size() <= limit, "the limit holds");
  if (whole.step == BodyReader::Step::done)
    fuzz::require(whole.left == pieces.left, "pieces do not move the end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::uint32_t seed = data[0];
  const std::size_t limit = data[1];
  const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
  compare(BodyReader::chunked(limit), bytes, seed, limit);
  compare(BodyReader::with_length(seed, limit), bytes, seed, limit);
  compare(BodyReader::until_close(limit), bytes, seed, limit);
  return 0;
}
