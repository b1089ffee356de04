// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <algorithm>
#include <array>
#include <callgate/base/time_text.hpp>
#include <callgate/digest/base64.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/digest/sha2.hpp>
#include <callgate/json/writer.hpp>

namespace callgate::emulator {
namespace {

constexpr std::string_view kTypePrefix = "Microsoft.Communication.";
constexpr std::string_view kApiVersion = "2026-03-12";

constexpr std::string_view kDone = R"({"code":200,"subCode":0,"message":""})";
constexpr std::string_view kActionDone =
    R"({"code":200,"subCode":0,"message":"Action completed successfully."})";

constexpr std::array<Step, 6> kInboundIvr{{
    {.type = "CallConnected", .operation_context = "answer", .result = kDone},
    {.type = "ParticipantsUpdated",
     .leading = R"("participants":[{"identifier":$caller,"isMuted":false,"isOnHold":false},)"
                R"({"identifier":$bot,"isMuted":false,"isOnHold":false}],"sequenceNumber":1)",
     .result = kDone},
    {.type = "PlayStarted", .operation_context = "greeting", .result = kActionDone},
    {.type = "PlayCompleted", .operation_context = "greeting", .result = kActionDone},
    {.type = "RecognizeCompleted",
     .operation_context = "menu",
     .trailing = R"("recognitionType":"dtmf","dtmfResult":{"tones":["four","two","pound"]})",
     .result = R"({"code":200,"subCode":8514,"message":"Action completed as stop tone was detected."})"},
    {.type = "CallDisconnected",
     .result = R"({"code":200,"subCode":7000,"message":"Ended by the emulator."})"},
}};

constexpr std::array<Step, 1> kFailedCall{{
    {.type = "CreateCallFailed",
     .operation_context = "outbound",
     .result =
         R"({"code":486,"subCode":560486,"message":"Callee is busy.",)"
         R"("sipDetails":{"code":486,"message":"Busy Here"},"q850Details":{"code":17,"message":"User busy"}})"},
}};

constexpr std::array<Scenario, 2> kScenarios{{
    {.name = "inbound-ivr", .steps = kInboundIvr},
    {.name = "failed-call", .steps = kFailedCall},
}};

std::string phone_number(std::string_view number) {
  json::Writer out;
  out.begin_object().member("rawId", "4:" + std::string(number)).member("kind", "phoneNumber");
  out.name("phoneNumber").begin_object().member("value", number).end_object().end_object();
  return out.take();
}

std::string communication_user(std::string_view id) {
  json::Writer out;
  out.begin_object().member("rawId", id).member("kind", "communicationUser");
  out.name("communicationUser").begin_object().member("id", id).end_object().end_object();
  return out.take();
}

void replace_all(std::string& text, std::string_view mark, const std::string& with) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size())) {
    text.replace(at, mark.size(), with);
  }
}

std::string fill_in(std::string_view members, const Call& call) {
  std::string text(members);
  replace_all(text, "$caller", phone_number(call.caller));
  replace_all(text, "$bot", communication_user(call.bot));
  return text;
}

std::string data_of(const Call& call, const Step& step, std::string_view type) {
  json::Writer out;
  out.begin_object();
  if (!step.leading.empty()) out.raw(fill_in(step.leading, call));
  if (!step.operation_context.empty()) out.member("operationContext", step.operation_context);
  if (!step.trailing.empty()) out.raw(fill_in(step.trailing, call));
  if (!step.result.empty()) out.name("resultInformation").raw(step.result);
  out.member("version", kApiVersion).member("callConnectionId", call.connection_id);
  out.member("serverCallId", call.server_call_id).member("correlationId", call.correlation_id);
  out.member("publicEventType", type).end_object();
  return out.take();
}

// As the service writes it: seven digits, and the offset in figures.
std::string time_text(base::WallTime time) {
  std::string text = base::format_rfc3339(time, 7);
  text.pop_back();
  return text + "+00:00";
}

}  // namespace

const Scenario* find_scenario(std::string_view name) {
  const auto* found =
      std::find_if(kScenarios.begin(), kScenarios.end(), [&](const Scenario& s) { return s.name == name; });
  return found == kScenarios.end() ? nullptr : found;
}

std::string known_scenarios() {
  std::string out;
  for (const Scenario& scenario : kScenarios) {
    if (!out.empty()) out += ", ";
    out += scenario.name;
  }
  return out;
}

Call make_call(std::size_t ordinal, std::string_view audience) {
  const std::string digits = std::to_string(100 + ordinal % 100);
  const std::string conversation = digest::to_hex(digest::random_bytes(8));
  Call call;
  call.connection_id = digest::random_uuid();
  call.server_call_id = digest::encode_base64("https://conv.example.test/conv/" + conversation + "?i=4");
  call.correlation_id = digest::random_uuid();
  call.caller = "+12065550" + digits;
  call.bot = "8:acs:" + std::string(audience) + "_0000003a-11aa-22bb-33cc-44dd55ee66ff";
  return call;
}

Event make_event(const Call& call, const Step& step, base::WallTime time) {
  Event event{digest::random_uuid(), std::string(kTypePrefix) + std::string(step.type), {}};
  const std::string source = "calling/callConnections/" + call.connection_id;
  json::Writer out;
  out.begin_object().member("id", event.id).member("source", source).member("type", event.type);
  out.name("data").raw(data_of(call, step, event.type));
  out.member("time", time_text(time)).member("specversion", "1.0");
  out.member("datacontenttype", "application/json").member("subject", source).end_object();
  event.json = out.take();
  return event;
}

}  // namespace callgate::emulator
