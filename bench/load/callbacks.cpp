// SPDX-License-Identifier: Apache-2.0
#include "callbacks.hpp"

#include <callgate/json/writer.hpp>
#include <callgate/mint/signing_key.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>

namespace callgate::load {
namespace {

constexpr const char* kEvent =
    R"([{"id":"7e570001-0000-4000-8000-000000000001","source":"calling/callConnections/3a9f5c10",)"
    R"("type":"Microsoft.Communication.CallConnected","data":{"version":"2026-03-12",)"
    R"("callConnectionId":"3a9f5c10","serverCallId":"server-3a9f5c10","correlationId":"c-3a9f5c10",)"
    R"("publicEventType":"Microsoft.Communication.CallConnected"},"time":"2026-09-30T08:15:42.1234567+00:00",)"
    R"("specversion":"1.0","datacontenttype":"application/json","subject":"calling/callConnections/3a9f5c10"}])";

std::string callback(const std::string& path, const std::string& token, const std::string& body,
                     bool closes) {
  return "POST " + path + " HTTP/1.1\r\nHost: gate.example\r\nAuthorization: Bearer " + token +
         "\r\nContent-Type: application/json\r\n" + (closes ? "Connection: close\r\n" : "") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string spoil(std::string token) {
  char& letter = token[token.size() - 9];
  letter = letter == 'A' ? 'B' : 'A';
  return token;
}

std::string claims_of(const TokenOptions& options, unsigned number) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  json::Writer out;
  out.begin_object().member("iss", options.issuer).member("aud", options.audience);
  out.member("nbf", now).member("iat", now).member("exp", now + std::int64_t{60} * options.lifetime_minutes);
  if (options.jti) out.member("jti", "load-" + std::to_string(now) + "-" + std::to_string(number));
  return out.end_object().take();
}

}  // namespace

std::optional<Callbacks> make_callbacks(const std::string& path, const std::string& tokens_file,
                                        const std::string& body_file, bool new_connection_each) {
  std::string body = kEvent;
  if (!body_file.empty()) {
    std::ifstream in(body_file, std::ios::binary);
    body = {std::istreambuf_iterator<char>(in), {}};
  }
  Callbacks made;
  std::ifstream tokens(tokens_file);
  for (std::string token; std::getline(tokens, token);) {
    if (token.size() < 16) continue;
    made.tokens.push_back(token);
    made.good.push_back(callback(path, token, body, new_connection_each));
    made.bad.push_back(callback(path, spoil(token), body, new_connection_each));
  }
  if (made.good.empty()) return std::nullopt;
  return made;
}

std::string event_id(const SendOptions& options, unsigned thread, std::uint64_t number) {
  return options.events + "-" + std::to_string(thread) + "-" + std::to_string(number);
}

std::string call_id(const SendOptions& options, unsigned thread, std::uint64_t number) {
  return options.events + "-call-" + std::to_string((number * options.threads + thread) % options.calls);
}

std::string event_callback(const SendOptions& options, const Callbacks& callbacks, unsigned thread,
                           std::uint64_t number) {
  const std::string call = call_id(options, thread, number);
  const std::string body = R"([{"id":")" + event_id(options, thread, number) +
                           R"(","source":"calling/callConnections/)" + call +
                           R"(","specversion":"1.0","type":"Microsoft.Communication.PlayCompleted",)"
                           R"("datacontenttype":"application/json","data":{"callConnectionId":")" +
                           call + R"(","pad":")" + std::string(options.pad, 'x') + R"("}}])";
  return callback(options.path, callbacks.tokens[number % callbacks.tokens.size()], body,
                  options.new_connection_each);
}

int write_tokens(const TokenOptions& options) {
  const auto key = mint::SigningKey::generate_rsa(2048);
  if (!key) {
    std::cerr << "load_callbacks: " << key.error().message << "\n";
    return 1;
  }
  std::ofstream keys(options.keys_out), tokens(options.tokens_out);
  keys << mint::key_set(&*key, 1);
  const std::string header = R"({"alg":"RS256","typ":"JWT","kid":")" + key->kid() + "\"}";
  for (unsigned i = 0; i < options.count; ++i)
    tokens << mint::sign_token(*key, header, claims_of(options, i)) << "\n";
  keys.flush();
  tokens.flush();
  if (keys && tokens) return 0;
  std::cerr << "load_callbacks: cannot write " << options.keys_out << " and " << options.tokens_out << "\n";
  return 1;
}

}  // namespace callgate::load
