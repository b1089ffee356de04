// SPDX-License-Identifier: Apache-2.0
#include <callgate/digest/secret.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/http/url.hpp>

namespace callgate::gate {

using refusal::Judged;
using refusal::Reason;

Judged<ProvenSecret> judge_query_secret(std::string_view query, const QuerySecret& secret) {
  const auto wrong = [] {
    return refusal::refuse(Reason::query_secret_wrong, "the query does not hold this route's secret");
  };
  std::optional<std::string> given;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || http::percent_decoded(pair.substr(0, equals)) != secret.name)
      continue;
    if (given) return wrong();  // two readers could take different ones
    given = http::percent_decoded(pair.substr(equals + 1));
    if (!given) return wrong();
  }
  const std::string& expected = secret.value.reveal();
  if (!given || expected.empty() || !digest::is_same_secret(expected, *given)) return wrong();
  return ProvenSecret();
}

}  // namespace callgate::gate
