// SPDX-License-Identifier: Apache-2.0
#include "keys_view.hpp"

#include <callgate/base/time_text.hpp>

#include "members.hpp"

namespace callgate::admin {
namespace {

void write_number(json::Writer& out, std::string_view name, const std::optional<double>& value) {
  out.name(name);
  if (value) {
    out.number(*value);
  } else {
    out.null();
  }
}

void write_last_error(json::Writer& out, const KeySourceView& source) {
  out.name("last_error");
  if (source.last_error_cause.empty()) {
    out.null();
    return;
  }
  out.begin_object()
      .member("cause", std::string_view(source.last_error_cause))
      .member("message", std::string_view(source.last_error))
      .end_object();
}

void write_key(json::Writer& out, const SeenKey& key) {
  out.begin_object().member("kid", std::string_view(key.kid)).member("type", std::string_view(key.type));
  text_member(out, "algorithm", key.algorithm);
  out.member("bits", key.bits)
      .member("thumbprint", std::string_view(key.thumbprint))
      .member("first_seen", std::string_view(base::format_rfc3339(key.first_seen)))
      .member("last_seen", std::string_view(base::format_rfc3339(key.last_seen)))
      .member("source", std::string_view(key.source))
      .end_object();
}

void write_source(json::Writer& out, const KeySourceView& source) {
  out.begin_object();
  names_member(out, "providers", source.providers);
  out.member("issuer", std::string_view(source.issuer))
      .member("from", std::string_view(source.from))
      .member("serving", source.serving);
  write_number(out, "age_seconds", source.age_seconds);
  write_number(out, "next_refresh_seconds", source.next_refresh_seconds);
  write_last_error(out, source);
  write_number(out, "clock_offset_seconds", source.clock_offset_seconds);
  out.name("keys").begin_array();
  for (const SeenKey& key : source.keys) write_key(out, key);
  out.end_array().name("not_used").begin_array();
  for (const auto& [kid, why] : source.not_used) {
    out.begin_object().member("kid", std::string_view(kid)).member("why", std::string_view(why)).end_object();
  }
  out.end_array().end_object();
}

}  // namespace

std::string keys_json(const std::vector<KeySourceView>& sources) {
  json::Writer out;
  out.begin_object().name("sources").begin_array();
  for (const KeySourceView& source : sources) write_source(out, source);
  out.end_array().end_object();
  return out.take();
}

std::string refresh_json(const std::vector<RefreshOutcome>& outcomes) {
  json::Writer out;
  out.begin_object().name("sources").begin_array();
  for (const RefreshOutcome& outcome : outcomes) {
    out.begin_object();
    names_member(out, "providers", outcome.providers);
    out.member("outcome", std::string_view(outcome.outcome)).end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace callgate::admin
