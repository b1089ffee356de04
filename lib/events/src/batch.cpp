// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/base/time_text.hpp>
#include <callgate/events/batch.hpp>
#include <callgate/http/media_type.hpp>
#include <callgate/json/document.hpp>

#include "envelope.hpp"

namespace callgate::events {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

Judged<std::string> read_attribute(const json::Value& event, const char* name) {
  const auto member = event.find(name);
  if (!member) return malformed(std::string("attribute '") + name + "' is missing");
  const auto text = member->as_string();
  if (!text || text->empty())
    return malformed(std::string("attribute '") + name + "' is not a non-empty string");
  return std::string(*text);
}

Judged<void> check_version(std::string_view version) {
  if (version != "1.0") return malformed("attribute 'specversion' is not \"1.0\"");
  return {};
}

Judged<void> check_time(std::string_view time) {
  if (!base::parse_rfc3339(time)) return malformed("attribute 'time' is not an RFC 3339 time");
  return {};
}

// Optional context attributes: strings when present (a JSON null counts as absent, JSON event format
// section 3.1).
Judged<void> check_optional(const json::Value& event) {
  for (const char* name : {"subject", "datacontenttype", "dataschema", "time"}) {
    const auto member = event.find(name);
    if (!member || member->kind() == json::Kind::null) continue;
    const auto text = member->as_string();
    if (!text || text->empty())
      return malformed(std::string("attribute '") + name + "' is not a non-empty string");
    if (std::string_view(name) == "time") {
      if (auto checked = check_time(*text); !checked) return checked;
    }
  }
  return {};
}

Judged<void> check_data(const json::Value& event) {
  const auto encoded = event.find("data_base64");
  if (!encoded) return {};
  if (event.find(kData)) return malformed("the event has both 'data' and 'data_base64'");
  if (!encoded->is_string()) return malformed("member 'data_base64' is not a string");
  return {};
}

Judged<Event> read_event(const json::Value& value) {
  if (!value.is_object()) return malformed("an event is not a JSON object");
  if (auto fault = value.find_fault(kData)) return malformed("the event's envelope: " + *fault);
  const auto version = read_attribute(value, "specversion");
  if (!version) return tl::unexpected(version.error());
  if (auto checked = check_version(*version); !checked) return tl::unexpected(checked.error());
  Event event;
  for (auto [name, target] : {std::pair{"id", &event.id}, {"source", &event.source}, {"type", &event.type}}) {
    auto text = read_attribute(value, name);
    if (!text) return tl::unexpected(text.error());
    *target = std::move(*text);
  }
  if (auto checked = check_optional(value); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_data(value); !checked) return tl::unexpected(checked.error());
  read_call(value.find(kData), event);
  event.begin = value.begin_offset();
  event.end = value.end_offset();
  return event;
}

// Percent-decodes once (HTTP protocol binding section 3.1.3.2); an invalid sequence stays as it is.
std::string decode_field(std::string_view value) {
  const auto hex = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size() && hex(value[i + 1]) >= 0 && hex(value[i + 2]) >= 0) {
      out += static_cast<char>(hex(value[i + 1]) * 16 + hex(value[i + 2]));
      i += 2;
    } else {
      out += value[i];
    }
  }
  return out;
}

// UTF-8 without control characters.
bool is_plain_text(std::string_view text) {
  const bool controls =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  return !controls && json::is_utf8(text);
}

Judged<std::string> read_field(const http::Headers& headers, const char* name) {
  const auto value = headers.find_single(name);
  if (!value || value->empty())
    return malformed(std::string("field '") + name + "' is not given exactly once");
  std::string text = decode_field(*value);
  if (!is_plain_text(text)) return malformed(std::string("field '") + name + "' is not UTF-8 text");
  return text;
}

Judged<Batch> read_binary(const http::Headers& headers, std::string_view body) {
  const auto version = read_field(headers, "ce-specversion");
  if (!version) return tl::unexpected(version.error());
  if (auto checked = check_version(*version); !checked) return tl::unexpected(checked.error());
  Event event;
  for (auto [name, target] :
       {std::pair{"ce-id", &event.id}, {"ce-source", &event.source}, {"ce-type", &event.type}}) {
    auto text = read_field(headers, name);
    if (!text) return tl::unexpected(text.error());
    *target = std::move(*text);
  }
  if (headers.count("ce-time") != 0) {
    const auto time = read_field(headers, "ce-time");
    if (!time) return tl::unexpected(time.error());
    if (auto checked = check_time(*time); !checked) return tl::unexpected(checked.error());
  }
  if (!body.empty()) {
    const auto data = read_json(body);
    if (!data) return tl::unexpected(data.error());
    read_call(data->root(), event);
  }
  event.end = body.size();
  return Batch{.mode = Mode::binary, .events = {std::move(event)}};
}

bool is_binary(const http::Headers& headers) {
  return headers.count("ce-specversion") != 0 && !has_cloudevents_type(headers);
}

}  // namespace

Judged<void> check_content_type(const http::Headers& headers) {
  const auto unsupported = [](const char* what) { return refuse(Reason::content_type_unsupported, what); };
  for (const std::string_view coding : headers.list("Content-Encoding")) {
    if (!http::equals_ignoring_case(coding, "identity"))
      return unsupported("the body is compressed; send it as it is");
  }
  if (headers.count("Content-Type") == 0) return {};
  const auto value = headers.find_single("Content-Type");
  const auto type = value ? http::parse_media_type(*value) : std::nullopt;
  if (!type) return unsupported("the Content-Type cannot be read");
  static constexpr std::array<std::string_view, 3> kTypes{"application/json", "application/cloudevents+json",
                                                          "application/cloudevents-batch+json"};
  if (std::find(kTypes.begin(), kTypes.end(), type->essence) == kTypes.end()) {
    return unsupported(
        "the Content-Type is not application/json, application/cloudevents+json or "
        "application/cloudevents-batch+json");
  }
  if (!type->charset.empty() && type->charset != "utf-8") return unsupported("the charset is not UTF-8");
  return {};
}

Judged<Batch> read_batch(const http::Headers& headers, std::string_view body) {
  if (is_binary(headers)) return read_binary(headers, body);
  const auto document = read_json(body);
  if (!document) return tl::unexpected(document.error());
  const json::Value root = document->root();
  if (root.is_array()) {
    auto events = read_each(root, read_event);
    if (!events) return tl::unexpected(events.error());
    return Batch{.mode = Mode::batched, .events = std::move(*events)};
  }
  auto event = read_event(root);
  if (!event) return tl::unexpected(event.error());
  return Batch{.mode = Mode::structured, .events = {std::move(*event)}};
}

}  // namespace callgate::events
