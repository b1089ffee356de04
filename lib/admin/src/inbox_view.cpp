// SPDX-License-Identifier: Apache-2.0
#include "inbox_view.hpp"

#include <algorithm>
#include <callgate/base/time_text.hpp>
#include <callgate/digest/base64.hpp>
#include <callgate/digest/sha2.hpp>
#include <callgate/events/phone_mask.hpp>
#include <callgate/http/message.hpp>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>

#include "inbox_masking.hpp"

namespace callgate::admin {
namespace {

using delivery::Stored;

std::int64_t whole(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

void time_member(json::Writer& out, std::string_view name, base::WallTime time) {
  out.member(name, std::string_view(base::format_rfc3339(time)));
}

void time_member(json::Writer& out, std::string_view name, const std::optional<base::WallTime>& time) {
  if (time) time_member(out, name, *time);
}

// Left out if there is none.
void member_if_any(json::Writer& out, std::string_view name, std::string_view text) {
  if (!text.empty()) out.member(name, text);
}

// What list, show and take have in common.
void write_identity(json::Writer& out, const Stored& stored) {
  out.member("key", std::string_view(stored.event.key))
      .member("number", stored.number)
      .member("route", std::string_view(stored.passage.route))
      .member("call", std::string_view(stored.event.call))
      .member("event_id", std::string_view(stored.event.id))
      .member("type", std::string_view(stored.event.type));
}

void write_progress(json::Writer& out, const Stored& stored) {
  out.member("state", delivery::to_text(stored.state));
  time_member(out, "lent_until", stored.lent_until);
  time_member(out, "received_at", stored.passage.received_at);
  out.member("attempts", stored.attempts);
  time_member(out, "first_tried_at", stored.first_tried_at);
  time_member(out, "ended_at", stored.ended_at);
  member_if_any(out, "note", stored.note);
}

void write_proof(json::Writer& out, const delivery::Verdict& verdict) {
  member_if_any(out, "provider", verdict.provider);
  member_if_any(out, "issuer", verdict.issuer);
  member_if_any(out, "audience", verdict.audience);
  member_if_any(out, "subject", verdict.subject);
  member_if_any(out, "kid", verdict.key_id);
}

http::Headers fields_of(const Stored& stored) {
  http::Headers fields;
  for (const http::Field& field : stored.passage.fields) fields.add(field.name, field.value);
  return fields;
}

void write_body(json::Writer& out, const std::string& body) {
  if (json::is_utf8(body)) {
    out.member("body", std::string_view(body));
  } else {
    out.member("body_base64", std::string_view(digest::encode_base64(body)));
  }
}

void write_lent(json::Writer& out, const Stored& stored) {
  out.begin_object();
  write_identity(out, stored);
  time_member(out, "received_at", stored.passage.received_at);
  out.member("attempts", stored.attempts)
      .member("method", std::string_view(stored.passage.method))
      .member("target", std::string_view(stored.passage.target));
  out.name("headers").begin_array();
  for (const http::Field& field : stored.passage.fields) {
    out.begin_object()
        .member("name", std::string_view(field.name))
        .member("value", std::string_view(field.value))
        .end_object();
  }
  out.end_array();
  write_proof(out, stored.verdict);
  member_if_any(out, "request_id", stored.passage.request_id);
  write_body(out, stored.event.body);
  out.end_object();
}

}  // namespace

std::string inbox_list_json(const std::vector<Stored>& events, std::size_t most) {
  json::Writer out;
  out.begin_object().name("events").begin_array();
  for (const Stored& one : events) {
    const Stored stored = masked(one);
    out.begin_object();
    write_identity(out, stored);
    write_progress(out, stored);
    member_if_any(out, "provider", stored.verdict.provider);
    member_if_any(out, "request_id", stored.passage.request_id);
    out.end_object();
  }
  out.end_array().name("next");
  if (events.size() < most || events.empty()) {
    out.null();
  } else {
    out.integer(events.back().number);
  }
  out.end_object();
  return out.take();
}

std::string inbox_event_json(const Stored& stored) {
  const Stored event = masked(stored);
  const http::RequestHead head{event.passage.method, event.passage.target, 1, {}};
  const http::Headers fields = fields_of(event);
  json::Writer out;
  out.begin_object();
  write_identity(out, event);
  write_progress(out, event);
  write_proof(out, event.verdict);
  member_if_any(out, "key_set", event.verdict.key_set);
  time_member(out, "judged_at", event.verdict.judged_at);
  if (!event.verdict.claims.empty()) write_masked_claims(out.name("claims"), event.verdict.claims);
  member_if_any(out, "request_id", event.passage.request_id);
  out.member("method", std::string_view(event.passage.method)).member("path", head.path());
  member_if_any(out, "content_type", events::mask_phone_numbers(fields.find("Content-Type").value_or("")));
  out.member("body_bytes", whole(event.event.body.size()))
      .member("body_sha256",
              std::string_view(digest::to_hex(digest::hash(digest::Sha2::sha256, event.event.body).view())))
      .end_object();
  return out.take();
}

std::string inbox_stats_json(const delivery::Stats& stats, bool pushed, const std::string& trouble,
                             base::WallTime now) {
  json::Writer out;
  out.begin_object()
      .member("queued", whole(stats.queued))
      .member("delivered", whole(stats.delivered))
      .member("taken", whole(stats.taken))
      .member("dead", whole(stats.dead))
      .member("lanes", whole(stats.lanes))
      .member("lent", whole(stats.lent));
  if (stats.oldest_queued_at) {
    const std::chrono::duration<double> age = now - *stats.oldest_queued_at;
    out.member("oldest_age_seconds", std::max(0.0, age.count()));
  }
  out.member("bytes", whole(stats.bytes)).member("pushed", pushed);
  member_if_any(out, "trouble", trouble);
  out.end_object();
  return out.take();
}

std::string inbox_lease_json(const delivery::Lease& lease) {
  json::Writer out;
  out.begin_object();
  if (lease.events.empty()) {
    out.name("lease").null().name("until").null();
  } else {
    out.member("lease", std::string_view(lease.id));
    time_member(out, "until", lease.until);
  }
  out.name("events").begin_array();
  for (const Stored& stored : lease.events) write_lent(out, stored);
  out.end_array().end_object();
  return out.take();
}

std::string inbox_count_json(std::string_view name, std::size_t count) {
  json::Writer out;
  out.begin_object().member(name, whole(count)).end_object();
  return out.take();
}

}  // namespace callgate::admin
