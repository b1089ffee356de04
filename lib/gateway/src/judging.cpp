// SPDX-License-Identifier: Apache-2.0
#include "judging.hpp"

#include <callgate/http/headers.hpp>
#include <callgate/http/url.hpp>

namespace callgate::gateway {

namespace {

bool holds(std::string_view route, std::string_view plain_path) {
  if (!plain_path.starts_with(route)) return false;
  const std::string_view below = plain_path.substr(route.size());
  if (!below.empty() && !below.starts_with('/') && !route.ends_with('/')) return false;
  const std::string lower = http::to_lower(below);
  for (const char* trick : {"/../", "/./", "%2f", "%5c", "\\", "//"}) {
    if (lower.find(trick) != std::string::npos) return false;
  }
  return !lower.ends_with("/..") && !lower.ends_with("/.");
}

}  // namespace

const Judging::Route* Judging::find_route(std::string_view path) const {
  const std::string plain = http::plain_path(path);
  if (holds("/callgate", plain)) return nullptr;
  for (const Route& route : routes) {
    if (holds(route.settings->path, plain)) return &route;
  }
  return nullptr;
}

const Judging::Route* Judging::find_authorize(std::string_view path) const {
  for (const Route& route : routes) {
    if (!route.settings->authorize.empty() && route.settings->authorize == path) return &route;
  }
  return nullptr;
}

}  // namespace callgate::gateway
