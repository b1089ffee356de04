// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/http/message.hpp>

namespace callgate::http {
std::string_view RequestHead::origin_form() const {
  const std::string_view whole = target;
  const std::size_t scheme = whole.find("://");
  if (whole.starts_with('/') || scheme == std::string_view::npos) return whole;
  const std::size_t path = whole.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : whole.substr(path);
}

std::string_view RequestHead::path() const {
  const std::string_view form = origin_form();
  return form.substr(0, std::min(form.find('?'), form.size()));
}

std::string_view RequestHead::query() const {
  const std::string_view form = origin_form();
  const std::size_t mark = form.find('?');
  return mark == std::string_view::npos ? std::string_view() : form.substr(mark + 1);
}

std::string_view status_phrase(int status) {
  struct Row {
    int status;
    std::string_view phrase;
  };
  static constexpr std::array<Row, 23> kRows{{{200, "OK"},
                                              {201, "Created"},
                                              {202, "Accepted"},
                                              {204, "No Content"},
                                              {400, "Bad Request"},
                                              {401, "Unauthorized"},
                                              {403, "Forbidden"},
                                              {404, "Not Found"},
                                              {405, "Method Not Allowed"},
                                              {408, "Request Timeout"},
                                              {409, "Conflict"},
                                              {413, "Content Too Large"},
                                              {414, "URI Too Long"},
                                              {415, "Unsupported Media Type"},
                                              {417, "Expectation Failed"},
                                              {421, "Misdirected Request"},
                                              {422, "Unprocessable Content"},
                                              {429, "Too Many Requests"},
                                              {431, "Request Header Fields Too Large"},
                                              {500, "Internal Server Error"},
                                              {502, "Bad Gateway"},
                                              {503, "Service Unavailable"},
                                              {504, "Gateway Timeout"}}};
  const auto* row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.status == status; });
  return row == kRows.end() ? std::string_view() : row->phrase;
}

}  // namespace callgate::http
