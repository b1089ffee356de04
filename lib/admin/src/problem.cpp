// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include <callgate/json/writer.hpp>

namespace callgate::admin {

http::Response problem(int status, std::string_view detail) {
  json::Writer out;
  out.begin_object()
      .member("type", "about:blank")
      .member("title", http::status_phrase(status))
      .member("status", status)
      .member("detail", detail)
      .end_object();
  return {status, {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}}, out.take()};
}

}  // namespace callgate::admin
