// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/http/bearer.hpp>

namespace callgate::http {

using refusal::Reason;
using refusal::refuse;

refusal::Judged<std::string_view> read_bearer(const Headers& headers) {
  const std::size_t fields = headers.count("Authorization");
  if (fields == 0) return refuse(Reason::token_missing, "the request has no Authorization field");
  if (fields > 1) return refuse(Reason::token_malformed, "the request has more than one Authorization field");
  const std::string_view value = trim(*headers.find("Authorization"));
  if (value.empty()) return refuse(Reason::token_malformed, "the Authorization field is empty");
  const std::string_view scheme = value.substr(0, std::min(value.find_first_of(" \t"), value.size()));
  if (!equals_ignoring_case(scheme, "Bearer")) {
    return refuse(Reason::scheme_unsupported, "the Authorization field does not use the Bearer scheme");
  }
  std::string_view token = value.substr(scheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  if (token.empty()) return refuse(Reason::token_malformed, "no token follows the word Bearer");
  return token;
}

}  // namespace callgate::http
