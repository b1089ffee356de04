// SPDX-License-Identifier: Apache-2.0
#include "pinned_gateway.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "caller.hpp"

namespace callgate::http1 {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIssuer = "https://issuer.test";
constexpr const char* kAudience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";
constexpr std::chrono::seconds kProbePatience{20};
constexpr std::chrono::seconds kLifetime = std::chrono::hours(12);

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "callgate-http1-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

std::string sign_claims(const mint::SigningKey& key) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const std::string claims = std::string(R"({"iss":")") + kIssuer + R"(","aud":")" + kAudience +
                             R"(","nbf":)" + std::to_string(now) + R"(,"iat":)" + std::to_string(now) +
                             R"(,"exp":)" + std::to_string(now + kLifetime.count()) + "}";
  return mint::sign_token(key, R"({"alg":"RS256","typ":"JWT","kid":")" + key.kid() + "\"}", claims);
}

// Another last character but one of the signature: the alphabet stays, the value does not.
std::string spoil(std::string token) {
  char& letter = token[token.size() - 9];
  letter = letter == 'A' ? 'B' : 'A';
  return token;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The shell only points standard error at the file; then it becomes the gateway.
std::vector<std::string> shell_words(const fs::path& folder, const std::string& program,
                                     const std::vector<std::string>& more) {
  std::vector<std::string> words{"-c",
                                 "exec \"$0\" \"$@\" 2>>" + (folder / "log").string(),
                                 program,
                                 "serve",
                                 "--listen",
                                 "127.0.0.1:0",
                                 "--admin",
                                 "off",
                                 "--issuer",
                                 kIssuer,
                                 "--keys",
                                 (folder / "keys.json").string(),
                                 "--audience",
                                 kAudience,
                                 "--max-lifetime",
                                 "13h"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::optional<std::string> probe(std::uint16_t port, unsigned source, const std::string& text, int expected) {
  Caller caller(port, source);
  if (!caller.connected()) return "a probe could not connect";
  if (!caller.send(text)) return "a probe could not be sent";
  caller.finish_sending();
  const auto bytes = caller.read_to_end(kProbePatience);
  if (!bytes) return "a probe got no answer in time";
  const auto answers = parse_answers(*bytes);
  if (answers && answers->size() == 1 && answers->front().status == expected) return std::nullopt;
  return "a probe should have got " + std::to_string(expected) + " and got: " + *bytes;
}

}  // namespace

PinnedGateway::PinnedGateway(const std::string& program, const std::vector<std::string>& more)
    : folder_(make_folder()) {
  const auto key = *mint::SigningKey::generate_rsa(2048);
  std::ofstream(folder_ / "keys.json") << mint::key_set(&key, 1);
  good_token_ = sign_claims(key);
  bad_token_ = spoil(good_token_);
  process_ = std::make_unique<e2e::Process>("/bin/sh", shell_words(folder_, program, more));
  const auto line = process_->wait_for_line("callgate ready ");
  if (!line) return;
  const std::string listen = e2e::value_of(*line, "listen");
  const std::size_t colon = listen.rfind(':') + 1;
  std::from_chars(listen.data() + colon, listen.data() + listen.size(), port_);
}

PinnedGateway::~PinnedGateway() {
  process_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::optional<std::string> PinnedGateway::find_fault(unsigned source) const {
  if (auto fault = probe(port_, source, callback_text(good_token_, event_body()), 200)) return fault;
  return probe(port_, source, callback_text(bad_token_, event_body()), 401);
}

std::optional<std::string> PinnedGateway::take_sanitizer_report() {
  const std::lock_guard lock(log_mutex_);
  const std::string text = log();
  for (const char* sign : {"Sanitizer", "runtime error:", "Assertion", "terminate called"}) {
    const std::size_t at = text.find(sign);
    if (at != std::string::npos) return text.substr(at - std::min<std::size_t>(at, 2000));
  }
  std::error_code ignored;
  fs::resize_file(folder_ / "log", 0, ignored);
  return std::nullopt;
}

int PinnedGateway::stop() {
  process_->signal(SIGTERM);
  return process_->wait();
}

std::string PinnedGateway::log() const {
  return text_of(folder_ / "log");
}

std::string event_body() {
  return R"([{"id":"7e570001-0000-4000-8000-000000000001","source":"calling/callConnections/3a9f5c10","type":"Microsoft.Communication.CallConnected","data":{"version":"2026-03-12","callConnectionId":"3a9f5c10","publicEventType":"Microsoft.Communication.CallConnected","participant":"4:+12065550143"},"time":"2026-09-30T08:15:42.1234567+00:00","specversion":"1.0","datacontenttype":"application/json","subject":"calling/callConnections/3a9f5c10"}])";
}

std::string callback_text(const std::string& token, const std::string& body) {
  return std::string("POST ") + kPath + " HTTP/1.1\r\nHost: gate.example\r\nAuthorization: Bearer " + token +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string chunk_text(std::string_view data, std::string_view extension) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), data.size(), 16).ptr;
  std::string out(digits.begin(), end);
  return out.append(extension).append("\r\n").append(data).append("\r\n");
}

}  // namespace callgate::http1
