// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/http/trace_context.hpp>

namespace callgate::http {
namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

// version "-" trace-id "-" parent-id "-" flags; later versions may add "-" and more.
std::optional<std::string_view> find_trace_id(const Headers& headers) {
  constexpr std::size_t kSize = 55;
  const auto text = headers.find_single("traceparent");
  if (!text || text->size() < kSize || (*text)[2] != '-' || (*text)[35] != '-' || (*text)[52] != '-')
    return std::nullopt;
  const std::string_view version = text->substr(0, 2), trace = text->substr(3, 32),
                         parent = text->substr(36, 16), flags = text->substr(53, 2);
  const bool fits = is_hex(version) && is_hex(trace) && is_hex(parent) && is_hex(flags) && version != "ff" &&
                    !is_zero(trace) && !is_zero(parent);
  const bool ends = text->size() == kSize || (version != "00" && (*text)[kSize] == '-');
  return fits && ends ? std::optional(trace) : std::nullopt;
}

}  // namespace callgate::http
