// SPDX-License-Identifier: Apache-2.0
// Prints how a batch of two events is handed over to its application at the given times, for a verifier that
// nobody here wrote: one JSON object for each line, {"headers", "body"}, tries in order, events within.
//     hand_overs SECRETS TIME...      SECRETS with commas between, TIME in seconds since 1970
#include <callgate/delivery/accept.hpp>
#include <callgate/delivery/hand_over.hpp>
#include <callgate/json/writer.hpp>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace callgate {
namespace {

// Text beyond ASCII, white space and numbers that a re-writing reader would change.
constexpr const char* kBody =
    R"([ {"specversion":"1.0","id":"1","source":"s","type":"T","data":{"callConnectionId":"c", "n":1.50,"t":"\u00e9 é"}} ,)"
    "\n"
    R"({"specversion":"1.0","id":"2","source":"s","type":"T","data":{"callConnectionId":"c"}}])";

std::vector<delivery::SigningSecret> read_secrets(const std::string& text) {
  std::vector<delivery::SigningSecret> secrets;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, ',');) {
    auto secret = delivery::parse_signing_secret(one);
    if (!secret) {
      std::cerr << secret.error().message << "\n";
      std::exit(2);  // NOLINT(concurrency-mt-unsafe): one thread
    }
    secrets.push_back(std::move(*secret));
  }
  return secrets;
}

delivery::Accepted accept_batch() {
  const auto batch = events::read_batch({}, kBody);
  delivery::Passage passage{.route = "/api/callback",
                            .request_id = "r-1",
                            .method = "POST",
                            .target = "/api/callback",
                            .fields = {{"Content-Type", "application/json"}}};
  return delivery::accept(std::move(passage), {}, batch.value(), kBody).value();
}

std::string text_of(const http::Request& request) {
  json::Writer out;
  out.begin_object().name("headers").begin_object();
  for (const http::Field& field : request.head.headers.fields()) out.member(field.name, field.value);
  out.end_object().member("body", request.body).end_object();
  return out.take();
}

int run(int count, const char* const* words) {
  if (count < 3) {
    std::cerr << "usage: hand_overs SECRETS TIME...\n";
    return 2;
  }
  const auto secrets = read_secrets(words[1]);
  const delivery::Accepted accepted = accept_batch();
  for (int attempt = 1; attempt <= count - 2; ++attempt) {
    const base::WallTime at{std::chrono::seconds{std::strtoll(words[attempt + 1], nullptr, 10)}};
    for (const delivery::NewEvent& event : accepted.events) {
      delivery::Stored stored;
      stored.passage = accepted.passage;
      stored.verdict = accepted.verdict;
      stored.event = event;
      std::cout << text_of(delivery::hand_over(stored, attempt, at, secrets)) << "\n";
    }
  }
  return 0;
}

}  // namespace
}  // namespace callgate

int main(int count, char** words) {
  return callgate::run(count, words);
}
