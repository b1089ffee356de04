// SPDX-License-Identifier: Apache-2.0
// Any bytes as the beginning of a connection through a proxy: what arrives piece by piece, and what follows
// the header, must change neither the verdict nor the header's end.

#include "proxy_header.hpp"

#include <string>

#include "fuzz.hpp"

using namespace callgate;
using net::NoProxyHeader;
using net::parse_proxy_header;

namespace {

// A header that is sound: it needs each of its bytes, and no other.
void check_sound(std::string_view bytes, const net::ProxyHeader& header) {
  fuzz::require(header.size > 0 && header.size <= bytes.size(), "a header lies within the bytes");
  fuzz::require(header.size <= net::kProxyHeaderBytesMax, "the limit holds");
  const auto alone = parse_proxy_header(bytes.substr(0, header.size));
  fuzz::require(alone && alone->size == header.size && alone->source == header.source,
                "what follows a header does not change it");
}

// Adding bytes may turn "incomplete" into anything, and nothing else into anything else.
void check_beginnings(std::string_view bytes) {
  const auto whole = parse_proxy_header(bytes);
  const std::size_t most = std::min<std::size_t>(bytes.size(), 300);
  for (std::size_t size = 0; size < most; ++size) {
    const auto part = parse_proxy_header(bytes.substr(0, size));
    if (!part && part.error() == NoProxyHeader::incomplete) continue;
    if (!part) fuzz::require(!whole, "malformed stays malformed");
    if (part) fuzz::require(whole && whole->size == part->size, "a header's end does not move");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto header = parse_proxy_header(bytes);
  if (header) check_sound(bytes, *header);
  if (!header && header.error() == NoProxyHeader::incomplete)
    fuzz::require(size < net::kProxyHeaderBytesMax, "nobody waits beyond the limit");
  check_beginnings(bytes);
  return 0;
}
