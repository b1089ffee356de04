// SPDX-License-Identifier: Apache-2.0
#pragma once
// The questions that a webhook is asked before events come, answered only to a sender that has proved itself:
// both calls demand the proof. Pure; any thread. What an answer says is given as a value; its status and
// fields are for whoever writes answers. Nothing that a request names (validationUrl,
// WebHook-Request-Callback) is fetched.

#include <callgate/events/consent.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/refusal/reason.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace callgate::gate {

// The subscription whose validation is asked for is the sender's: answer 200 with validation_answer(code).
struct Validation {
  std::string code;
};

// Consent: answer 200 with its two fields and no body.
using Handshake = std::variant<events::Consent, Validation>;

// Whether a request that is no POST may go on to its proof and to judge_handshake.
bool asks_consent(std::string_view method, const http::Headers& headers);

// {"validationResponse":"..."}, application/json.
std::string validation_answer(const Validation& validation);

// Nothing if the request is no handshake: go on with judge_body. Consent may be asked for by any proven
// sender (it is of CloudEvents itself); the validation of a subscription is one only from a sender that may
// use Event Grid's envelope. Refuses with event_malformed, validation also as judge_body does.
refusal::Judged<std::optional<Handshake>> judge_handshake(const ProvenToken& token, const Provider& provider,
                                                          std::string_view method,
                                                          const http::Headers& headers,
                                                          std::string_view body);
refusal::Judged<std::optional<Handshake>> judge_handshake(
    const ProvenSecret& proof, std::string_view method, const http::Headers& headers, std::string_view body,
    Envelope envelope = Envelope::cloud_events_or_event_grid);

}  // namespace callgate::gate
