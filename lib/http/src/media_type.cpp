// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/http/headers.hpp>
#include <callgate/http/media_type.hpp>

namespace callgate::http {
namespace {

bool is_type_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$&^_.+-").find(c) != std::string_view::npos;
  });
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

std::optional<MediaType> parse_media_type(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  const std::string_view essence = trim(text.substr(0, semicolon));
  const std::size_t slash = essence.find('/');
  if (slash == std::string_view::npos || !is_type_token(essence.substr(0, slash)) ||
      !is_type_token(essence.substr(slash + 1))) {
    return std::nullopt;
  }
  MediaType type{to_lower(essence), {}};
  std::string_view rest = text.substr(semicolon);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t next = std::min(rest.find(';'), rest.size());
    const std::string_view parameter = trim(rest.substr(0, next));
    rest.remove_prefix(next);
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!equals_ignoring_case(parameter.substr(0, equals), "charset")) continue;
    if (!type.charset.empty()) return std::nullopt;
    type.charset = to_lower(unquote(parameter.substr(equals + 1)));
    if (type.charset.empty()) return std::nullopt;
  }
  return type;
}

}  // namespace callgate::http
