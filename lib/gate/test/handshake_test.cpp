// SPDX-License-Identifier: Apache-2.0
// The two handshakes, and which envelope a body is read by: what a proven sender may ask, and what it may
// send.
#include <gtest/gtest.h>

#include <callgate/digest/sha2.hpp>
#include <callgate/gate/explain.hpp>
#include <callgate/gate/handshake.hpp>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using http::Headers;
using refusal::Reason;

const std::string kCloudEvent = R"({"specversion":"1.0","id":"1","source":"s","type":"t"})";
const std::string kGridEvents =
    R"([{"id":"1","topic":"/t","subject":"s","eventType":"Microsoft.Communication.IncomingCall",)"
    R"("eventTime":"2026-09-30T08:15:42Z","data":{},"dataVersion":"1.0","metadataVersion":"1"}])";
const std::string kValidation =
    R"([{"id":"1","topic":"/t","subject":"","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent",)"
    R"("eventTime":"2026-09-30T08:15:42Z","data":{"validationCode":"code-1"}}])";

const Headers kJson{{"Content-Type", "application/json"}};
const Headers kCloudEventType{{"Content-Type", "application/cloudevents+json"},
                              {"aeg-event-type", "Notification"}};
const Headers kNotification{{"Content-Type", "application/json; charset=utf-8"},
                            {"aeg-event-type", "Notification"}};
const Headers kAsksValidation{{"Content-Type", "application/json"},
                              {"aeg-event-type", "SubscriptionValidation"}};
const Headers kAsksConsent{{"WebHook-Request-Origin", "eventgrid.azure.net"}};

Provider grid_provider() {
  Provider out = provider();
  out.envelope = Envelope::cloud_events_or_event_grid;
  return out;
}

ProvenToken proven(const Provider& sender, const std::string& claims_text = claims()) {
  return std::get<ProvenToken>(judge_token(bearer(token(claims_text)), sender, &keys(), kNow).outcome);
}

ProvenSecret proven_secret() {
  return *judge_query_secret("token=x", {"token", base::Redacted<std::string>("x")});
}

template <class T>
std::string outcome(const refusal::Judged<T>& judged) {
  if (!judged) return std::string(refusal::to_text(judged.error().reason));
  if constexpr (std::is_same_v<T, events::Batch>) {
    return judged->mode == events::Mode::event_grid ? "event grid" : "cloud events";
  } else {
    if (!*judged) return "none";
    if (const auto* consent = std::get_if<events::Consent>(&**judged))
      return consent->origin + " " + consent->rate;
    return validation_answer(std::get<Validation>(**judged));
  }
}

TEST(Envelopes, AreWhatTheRequestSaysAmongThoseOfItsSender) {
  const struct {
    const char* name;
    Headers headers;
    std::string body;
    const char* from_either;  // a sender that may use both
    const char* from_cloud_events;
  } rows[] = {
      {"a CloudEvent", kJson, kCloudEvent, "cloud events", "cloud events"},
      {"a batch", kJson, "[" + kCloudEvent + "]", "cloud events", "cloud events"},
      {"a CloudEvent of Event Grid", kCloudEventType, kCloudEvent, "cloud events", "cloud events"},
      {"Event Grid's own", kNotification, kGridEvents, "event grid", "event_malformed"},
      {"its own, unannounced", kJson, kGridEvents, "event_malformed", "event_malformed"},
      {"its own, called CloudEvents", kCloudEventType, kGridEvents, "event_malformed", "event_malformed"},
      {"a CloudEvent, announced as its own", kNotification, "[" + kCloudEvent + "]", "event_malformed",
       "cloud events"},
      {"compressed",
       {{"aeg-event-type", "Notification"}, {"Content-Encoding", "gzip"}},
       kGridEvents,
       "content_type_unsupported",
       "content_type_unsupported"},
      {"no JSON",
       {{"aeg-event-type", "Notification"}, {"Content-Type", "text/html"}},
       kGridEvents,
       "content_type_unsupported",
       "content_type_unsupported"},
  };
  const Provider either = grid_provider(), cloud_events = provider();
  const ProvenToken token_of_either = proven(either), token_of_cloud_events = proven(cloud_events);
  const ProvenSecret secret = proven_secret();
  for (const auto& row : rows) {
    EXPECT_EQ(outcome(judge_body(token_of_either, either, row.headers, row.body)), row.from_either)
        << row.name;
    EXPECT_EQ(outcome(judge_body(token_of_cloud_events, cloud_events, row.headers, row.body)),
              row.from_cloud_events)
        << row.name;
    EXPECT_EQ(outcome(judge_body(secret, row.headers, row.body)), row.from_either) << row.name;
    EXPECT_EQ(outcome(judge_body(secret, row.headers, row.body, Envelope::cloud_events)),
              row.from_cloud_events)
        << row.name;
  }
}

TEST(Envelopes, AreOfThePreset) {
  EXPECT_EQ(call_automation({kAudience}).envelope, Envelope::cloud_events);
  const Provider grid = event_grid("11111111-2222-4333-8444-555555555555", {"api://webhook"});
  EXPECT_EQ(grid.envelope, Envelope::cloud_events_or_event_grid);
  EXPECT_EQ(grid.name, "event-grid");
  EXPECT_EQ(grid.rules.audiences, std::vector<std::string>{"api://webhook"});
  EXPECT_FALSE(grid.rules.required.empty());
}

TEST(Envelopes, AreEitherWhereASavedBodyIsExplained) {
  for (const auto& [body, admitted] :
       {std::pair{kGridEvents, true}, {kCloudEvent, true}, {kJson.fields()[0].value, false}}) {
    const Report report = explain(token(), grid_provider(), &keys(), kNow, body);
    EXPECT_EQ(report.decision == Decision::admit, admitted) << body;
  }
  EXPECT_EQ(explain(token(), provider(), &keys(), kNow, kGridEvents).reason, Reason::event_malformed);
}

TEST(Handshakes, AreAnsweredToAProvenSender) {
  Headers hostile = kAsksConsent;
  hostile.set("WebHook-Request-Origin", "a.test, evil.test");
  Headers rated = kAsksConsent;
  rated.add("WebHook-Request-Rate", "120");
  rated.add("WebHook-Request-Callback", "http://127.0.0.1/");
  Headers compressed = kAsksValidation;
  compressed.add("Content-Encoding", "gzip");
  Headers twice = kAsksValidation;
  twice.add("aeg-event-type", "Notification");
  Headers called_cloud_event{{"aeg-event-type", "SubscriptionValidation"},
                             {"Content-Type", "application/cloudevents+json"}};
  const struct {
    const char* name;
    const char* method;
    Headers headers;
    std::string body;
    const char* from_either;
    const char* from_cloud_events;
  } rows[] = {
      {"consent", "OPTIONS", kAsksConsent, "", "eventgrid.azure.net *", "eventgrid.azure.net *"},
      {"consent with a rate", "OPTIONS", rated, "", "eventgrid.azure.net 120", "eventgrid.azure.net 120"},
      {"consent, whatever the body", "OPTIONS", kAsksConsent, "{", "eventgrid.azure.net *",
       "eventgrid.azure.net *"},
      {"consent for a list", "OPTIONS", hostile, "", "event_malformed", "event_malformed"},
      {"OPTIONS alone", "OPTIONS", {}, "", "none", "none"},
      {"OPTIONS that asks for validation", "OPTIONS", kAsksValidation, kValidation, "none", "none"},
      {"a delivery with its origin", "POST", kAsksConsent, kCloudEvent, "none", "none"},
      {"validation", "POST", kAsksValidation, kValidation, R"({"validationResponse":"code-1"})", "none"},
      {"validation with GET", "GET", kAsksValidation, kValidation, "none", "none"},
      {"a notification of that type", "POST", kNotification, kValidation, "none", "none"},
      {"that type, unannounced", "POST", kJson, kValidation, "none", "none"},
      {"validation without its event", "POST", kAsksValidation, kGridEvents, "event_malformed", "none"},
      {"validation of nothing", "POST", kAsksValidation, "", "event_malformed", "none"},
      {"validation, compressed", "POST", compressed, kValidation, "content_type_unsupported", "none"},
      {"validation and a notification", "POST", twice, kValidation, "event_malformed", "none"},
      {"validation as a CloudEvent", "POST", called_cloud_event, kValidation, "event_malformed", "none"},
  };
  const Provider either = grid_provider(), cloud_events = provider();
  const ProvenToken token_of_either = proven(either), token_of_cloud_events = proven(cloud_events);
  const ProvenSecret secret = proven_secret();
  for (const auto& row : rows) {
    EXPECT_EQ(outcome(judge_handshake(token_of_either, either, row.method, row.headers, row.body)),
              row.from_either)
        << row.name;
    EXPECT_EQ(
        outcome(judge_handshake(token_of_cloud_events, cloud_events, row.method, row.headers, row.body)),
        row.from_cloud_events)
        << row.name;
    EXPECT_EQ(outcome(judge_handshake(secret, row.method, row.headers, row.body)), row.from_either)
        << row.name;
    EXPECT_EQ(outcome(judge_handshake(secret, row.method, row.headers, row.body, Envelope::cloud_events)),
              row.from_cloud_events)
        << row.name;
  }
}

TEST(Handshakes, AreForABodyThatTheTokenVouchesFor) {
  Provider bound = grid_provider();
  bound.rules.body_digest = "payload_hash";
  const std::string text = claims();
  const std::string with_digest = text.substr(0, text.size() - 1) + R"(,"payload_hash":")" +
                                  digest::to_hex(digest::hash(digest::Sha2::sha256, kValidation).view()) +
                                  "\"}";
  EXPECT_EQ(outcome(judge_handshake(proven(bound, with_digest), bound, "POST", kAsksValidation, kValidation)),
            R"({"validationResponse":"code-1"})");
  EXPECT_EQ(
      outcome(judge_handshake(proven(bound, with_digest), bound, "POST", kAsksValidation, kValidation + " ")),
      "claim_mismatch");
}

}  // namespace
}  // namespace callgate::gate
