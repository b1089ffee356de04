// SPDX-License-Identifier: Apache-2.0
#include "response_fields.hpp"

#include <curl/curl.h>

#include <charconv>
#include <cstdint>

namespace callgate::keys_http {
namespace {

constexpr std::size_t kFieldsMax = 100;
constexpr std::size_t kEtagBytesMax = 1024;

std::optional<std::chrono::seconds> parse_seconds(std::string_view text) {
  std::uint32_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return std::chrono::seconds{seconds};
}

}  // namespace

void take_header_line(std::string_view line, http::Headers& headers) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) headers = {};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || headers.fields().size() >= kFieldsMax) return;
  headers.add(std::string(line.substr(0, colon)), std::string(http::trim(line.substr(colon + 1))));
}

std::optional<std::chrono::seconds> read_max_age(const http::Headers& headers) {
  for (const std::string_view directive : headers.list("Cache-Control")) {
    if (http::equals_ignoring_case(directive, "no-store") ||
        http::equals_ignoring_case(directive, "no-cache")) {
      return std::chrono::seconds{0};
    }
    constexpr std::string_view kName = "max-age=";
    if (!http::equals_ignoring_case(directive.substr(0, kName.size()), kName)) continue;
    if (const auto seconds = parse_seconds(directive.substr(kName.size()))) return seconds;
  }
  return std::nullopt;
}

std::optional<base::WallTime> read_server_time(const http::Headers& headers) {
  const auto date = headers.find("Date"), age = headers.find("Age");
  if (!date) return std::nullopt;
  const time_t made = curl_getdate(std::string(*date).c_str(), nullptr);
  const auto kept = parse_seconds(age.value_or("0"));
  if (made < 0 || !kept) return std::nullopt;
  return base::WallTime{std::chrono::seconds{made} + *kept};
}

std::string read_etag(const http::Headers& headers) {
  const std::string_view etag = headers.find("ETag").value_or("");
  return etag.size() <= kEtagBytesMax ? std::string(etag) : std::string();
}

}  // namespace callgate::keys_http
