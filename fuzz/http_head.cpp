// SPDX-License-Identifier: Apache-2.0
// Any bytes as the head of a request: found whole and byte by byte, judged raw, parsed, judged again.

#include <callgate/http/bearer.hpp>
#include <callgate/http/framing.hpp>
#include <callgate/http/media_type.hpp>
#include <string>

#include "fuzz.hpp"
#include "head_parser.hpp"
#include "head_scan.hpp"

using namespace callgate;
using net::HeadScan;

namespace {

constexpr http::Limits kLimits{.head_bytes_max = 1024, .header_count_max = 12, .target_bytes_max = 128};

// Where a sound head stands; nothing of it if there is none.
struct Scanned {
  bool sound = false;
  std::size_t skip = 0;
  std::size_t size = 0;
  bool operator==(const Scanned&) const = default;
};

// Bytes arrive `step` at a time.
Scanned scan(std::string_view bytes, std::size_t step) {
  HeadScan scan(kLimits);
  for (std::size_t got = 0; got < bytes.size();) {
    got = std::min(got + step, bytes.size());
    const auto outcome = scan.look(bytes.substr(0, got));
    if (!outcome) return {};
    if (*outcome == HeadScan::Outcome::more) continue;
    if (!http::check_raw_head(bytes.substr(scan.skip(), scan.size()))) return {};
    return {true, scan.skip(), scan.size()};
  }
  return {};
}

void judge(std::string_view raw) {
  const bool sound = http::check_raw_head(raw).has_value();
  const auto head = net::parse_request_head(raw);
  if (!sound || !head) return;
  fuzz::require(head->headers.fields().size() <= raw.size() / 4, "no field comes from nowhere");
  (void)head->path();
  (void)head->query();
  const auto framing = http::read_framing(*head);
  if (framing) {
    const bool coded = head->headers.count("Transfer-Encoding") != 0;
    fuzz::require(framing->chunked == coded, "chunked means Transfer-Encoding");
    fuzz::require(!(framing->chunked && framing->content_length), "a body has one end");
    fuzz::require(head->headers.count("Host") <= 1, "there is one Host at most");
    fuzz::require(head->path().empty() || head->path().front() == '/' || head->target == "*",
                  "a path is a path");
  }
  if (const auto token = http::read_bearer(head->headers)) {
    fuzz::require(!token->empty() && head->headers.count("Authorization") == 1,
                  "a bearer token is there, once");
  }
  if (const auto type = head->headers.find("Content-Type")) (void)http::parse_media_type(*type);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  // Bytes in pieces may be refused earlier, but never otherwise.
  const Scanned whole = scan(bytes, size);
  fuzz::require(scan(bytes, 1) == whole && scan(bytes, 7) == whole, "pieces do not change what is a head");
  if (whole.sound) {
    fuzz::require(whole.size <= kLimits.head_bytes_max, "the limit holds");
    judge(bytes.substr(whole.skip, whole.size));
  }
  judge(bytes);
  (void)net::parse_response_head(bytes);
  return 0;
}
