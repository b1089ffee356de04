// SPDX-License-Identifier: Apache-2.0
#include "keys_in_use.hpp"

#include <fmt/format.h>

#include <callgate/json/document.hpp>
#include <cmath>
#include <optional>

#include "admin_client.hpp"
#include "terminal_text.hpp"

namespace callgate::console {
namespace {

constexpr const char* kPath = "/api/v1/keys";
constexpr std::size_t kBytesMax = std::size_t{8} << 20;
constexpr int kSecondsOfMinute = 60, kSecondsOfHour = 3600;

std::string text_of(const json::Value& object, std::string_view name, std::string_view otherwise = "-") {
  const auto value = object.find(name);
  return shown(value ? value->as_string().value_or(otherwise) : otherwise);
}

std::optional<double> number_of(const json::Value& object, std::string_view name) {
  const auto value = object.find(name);
  return value ? value->as_number() : std::nullopt;
}

// "12 s", "4 min", "11 h 59 min".
std::string span_text(double seconds) {
  if (seconds < kSecondsOfMinute) return fmt::format("{:.0f} s", std::floor(seconds));
  const double minutes = std::floor(std::fmod(seconds, kSecondsOfHour) / kSecondsOfMinute);
  if (seconds < kSecondsOfHour) return fmt::format("{:.0f} min", minutes);
  return fmt::format("{:.0f} h {:.0f} min", std::floor(seconds / kSecondsOfHour), minutes);
}

std::string names_text(const json::Value& source) {
  std::string out;
  const auto names = source.find("providers");
  if (!names) return "-";
  for (const json::Value& name : names->elements()) {
    out += (out.empty() ? "" : ", ") + shown(name.as_string().value_or("-"));
  }
  return out.empty() ? "-" : out;
}

bool is_serving(const json::Value& source) {
  const auto serving = source.find("serving");
  const auto keys = source.find("keys");
  return serving && serving->as_bool().value_or(false) && keys && keys->size() > 0;
}

std::string heading_text(const json::Value& source) {
  std::string out = fmt::format("providers     {}\nissuer        {}\nfrom          {}\n", names_text(source),
                                text_of(source, "issuer"), text_of(source, "from"));
  const auto age = number_of(source, "age_seconds"), next = number_of(source, "next_refresh_seconds");
  if (!is_serving(source)) {
    out += "serving       NO: callbacks of these providers are answered 503\n";
  } else if (age) {
    out += "confirmed     " + span_text(*age) + " ago\n";
  }
  out += "next refresh  " + (next ? "in " + span_text(*next) : std::string("none planned")) + "\n";
  const auto error = source.find("last_error");
  if (error && error->is_object()) {
    out += fmt::format("last error    {}: {}\n", text_of(*error, "cause"), text_of(*error, "message"));
  }
  if (const auto offset = number_of(source, "clock_offset_seconds")) {
    out += fmt::format("clock         the issuer's is {:.1f} s {} ours\n", std::abs(*offset),
                       *offset < 0 ? "behind" : "ahead of");
  }
  return out;
}

std::string key_text(const json::Value& key) {
  const auto bits = key.find("bits");
  return fmt::format("{:<38} {:<12} {:>5} bits  {:<6} {}\n{:<38} first seen {}, last seen {}, source: {}\n",
                     "\"" + text_of(key, "kid") + "\"", text_of(key, "type"),
                     bits ? bits->as_integer().value_or(0) : 0, text_of(key, "algorithm", "any"),
                     text_of(key, "thumbprint"), "", text_of(key, "first_seen"), text_of(key, "last_seen"),
                     text_of(key, "source"));
}

std::string source_text(const json::Value& source) {
  std::string out = heading_text(source) + "\n";
  if (const auto keys = source.find("keys")) {
    for (const json::Value& key : keys->elements()) out += key_text(key);
  }
  if (const auto skipped = source.find("not_used")) {
    for (const json::Value& key : skipped->elements()) {
      out += fmt::format("{:<38} not used: {}\n", "\"" + text_of(key, "kid") + "\"", text_of(key, "why"));
    }
  }
  return out;
}

}  // namespace

base::Result<std::string> load_keys_in_use(const http::Url& admin, const base::Redacted<std::string>& token) {
  http::Request request;
  request.head.method = "GET";
  request.head.target = kPath;
  const auto answer = ask_admin(admin, token, std::move(request), kBytesMax);
  if (!answer) return tl::unexpected(answer.error());
  return parse_keys_answer(admin.origin(), *answer, !token.reveal().empty());
}

base::Result<std::string> parse_keys_answer(const std::string& origin, const http::Response& answer,
                                            bool token_was_sent) {
  if (answer.status == 200) return answer.body;
  return base::fail(why_no_answer(origin, answer.status, token_was_sent));
}

base::Result<KeysInUse> parse_keys_in_use(std::string_view document) {
  const auto parsed = json::parse(document, json::Strictness::i_json, {.bytes_max = kBytesMax});
  const auto sources = parsed ? parsed->root().find("sources") : std::nullopt;
  if (!sources || !sources->is_array())
    return base::fail("the answer is not a list of key sources; is it the admin address of a callgate?");
  KeysInUse out{{}, sources->size() > 0};
  for (const json::Value& source : sources->elements()) {
    if (!out.text.empty()) out.text += "\n";
    out.text += source_text(source);
    out.every_source_serves = out.every_source_serves && is_serving(source);
  }
  if (sources->size() == 0) out.text = "this gateway has no provider, so it needs no keys\n";
  return out;
}

}  // namespace callgate::console
