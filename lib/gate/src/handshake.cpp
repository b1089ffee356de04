// SPDX-License-Identifier: Apache-2.0
#include <callgate/events/event_grid.hpp>
#include <callgate/gate/handshake.hpp>
#include <callgate/policy/check.hpp>

namespace callgate::gate {

using refusal::Judged;

namespace {

using Answer = Judged<std::optional<Handshake>>;

bool is_validation(std::string_view method, const http::Headers& headers, Envelope envelope) {
  return method == "POST" && envelope == Envelope::cloud_events_or_event_grid &&
         events::asks_validation(headers);
}

Answer judge_consent(const http::Headers& headers) {
  auto consent = events::read_consent(headers);
  if (!consent) return tl::unexpected(consent.error());
  return Handshake(std::move(*consent));
}

Answer read_validation(const http::Headers& headers, std::string_view body) {
  auto code = events::read_validation(headers, body);
  if (!code) return tl::unexpected(code.error());
  return Handshake(Validation{std::move(*code)});
}

}  // namespace

bool asks_consent(std::string_view method, const http::Headers& headers) {
  return events::asks_consent(method, headers);
}

std::string validation_answer(const Validation& validation) {
  return events::validation_answer(validation.code);
}

Answer judge_handshake(const ProvenToken& token, const Provider& provider, std::string_view method,
                       const http::Headers& headers, std::string_view body) {
  if (events::asks_consent(method, headers)) return judge_consent(headers);
  if (!is_validation(method, headers, provider.envelope)) return std::nullopt;
  if (auto checked = events::check_content_type(headers); !checked) return tl::unexpected(checked.error());
  if (auto checked = policy::check_body(token.claims(), provider.rules, body); !checked)
    return tl::unexpected(checked.error());
  return read_validation(headers, body);
}

Answer judge_handshake(const ProvenSecret& /*proof*/, std::string_view method, const http::Headers& headers,
                       std::string_view body, Envelope envelope) {
  if (events::asks_consent(method, headers)) return judge_consent(headers);
  if (!is_validation(method, headers, envelope)) return std::nullopt;
  if (auto checked = events::check_content_type(headers); !checked) return tl::unexpected(checked.error());
  return read_validation(headers, body);
}

}  // namespace callgate::gate
