// SPDX-License-Identifier: Apache-2.0
#include "wire_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "token.hpp"

namespace callgate::net {
namespace {

using http::equals_ignoring_case;

bool is_writable_value(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// The fields of a message without those that net writes itself, which belong to the connection and not to the
// message.
void add_fields(std::string& out, const http::Headers& headers) {
  constexpr std::array<std::string_view, 6> kOwn{"Connection", "Content-Length",   "Transfer-Encoding",
                                                 "Keep-Alive", "Proxy-Connection", "Host"};
  for (const auto& [name, value] : headers.fields()) {
    const bool own = std::any_of(kOwn.begin(), kOwn.end(), [&, n = std::string_view(name)](auto k) {
      return equals_ignoring_case(n, k);
    });
    if (!own && is_token(name) && is_writable_value(value)) add_field(out, name, value);
  }
}

}  // namespace

std::string format_http_date(std::time_t time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                 kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                                 parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string make_answer_head(const http::Response& response, std::uint8_t version_minor, AfterAnswer after,
                             std::string_view date) {
  std::string out;
  out.reserve(512);
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(http::status_phrase(response.status)).append("\r\n");
  if (response.headers.count("Date") == 0) add_field(out, "Date", date);
  add_fields(out, response.headers);
  if (status_has_body(response.status) && after != AfterAnswer::until_close)
    add_field(out, "Content-Length", std::to_string(response.body.size()));
  if (after != AfterAnswer::keep_alive) {
    add_field(out, "Connection", "close");
  } else if (version_minor == 0) {
    add_field(out, "Connection", "keep-alive");
  }
  return out.append("\r\n");
}

bool is_writable(const http::RequestHead& head) {
  const bool target_fits =
      std::all_of(head.target.begin(), head.target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  return is_token(head.method) && target_fits;
}

void write_request_head(std::string& out, const http::Request& request, std::string_view authority,
                        AfterAnswer after) {
  const auto& head = request.head;
  out.clear();
  out.reserve(512);
  out.append(head.method).append(" ");
  out.append(head.target.empty() ? std::string_view("/") : std::string_view(head.target));
  out.append(" HTTP/1.1\r\n");
  add_field(out, "Host", authority);
  add_fields(out, head.headers);
  const bool usual_body = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
  if (usual_body || !request.body.empty())
    add_field(out, "Content-Length", std::to_string(request.body.size()));
  if (after != AfterAnswer::keep_alive) add_field(out, "Connection", "close");
  out.append("\r\n");
}

bool lists_element(const http::Headers& headers, std::string_view name, std::string_view element) {
  if (headers.count(name) == 0) return false;
  const auto list = headers.list(name);
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view one) { return equals_ignoring_case(one, element); });
}

}  // namespace callgate::net
