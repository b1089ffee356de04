// SPDX-License-Identifier: Apache-2.0
// Takes Call Automation's callbacks and lets in the genuine ones: the whole of the service's own sample.
#include <httplib.h>

#include <callgate/gate/column.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/keys_http/live_keys.hpp>
#include <cstdio>
#include <cstdlib>

using namespace callgate;

// [status]
int status_of(refusal::Reason reason) {
  using enum refusal::Reason;
  if (gate::decision_of(reason) == gate::Decision::retry_later) return 503;  // our fault: send it again
  return reason == event_malformed || reason == content_type_unsupported ? 400 : 401;
}
// [/status]

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) return std::fputs("usage: webhook-httplib AUDIENCE [PORT [ISSUER]]\n", stderr), 2;
  const bool emulated = argc > 3;  // by an issuer on this machine, which has no TLS
  // [keys]
  const auto preset = emulated ? policy::call_automation(argv[3]) : policy::call_automation();
  keys_http::LiveKeys keys({preset.rules.issuer, preset.discovery, emulated});  // fetches from now on

  gate::Provider acs{preset.name, preset.algorithms, preset.rules};
  acs.rules.audiences = {argv[1]};  // the immutable resource ID
  // [/keys]

  httplib::Server server;
  server.set_payload_max_length(1 << 20);
  // [handler]
  server.Post("/api/callback", [&](const httplib::Request& request, httplib::Response& response) {
    http::Headers headers;
    for (const auto& [name, value] : request.headers) headers.add(name, value);

    const auto set = keys.current();  // what serves now; null while there is none
    const auto verdict = gate::judge(headers, request.body, acs, set.get(), base::system_clock().wall());
    if (!verdict) {
      if (verdict.error().reason == refusal::Reason::key_unknown) keys.report_unknown_kid();
      response.status = status_of(verdict.error().reason);
      return response.set_content(verdict.error().detail + "\n", "text/plain");
    }
    // Your implementation on the callback's events
    for (const auto& event : verdict->batch.events)
      std::printf("event %s\n", json::quote(event.type).c_str());
    response.set_content(R"({"success":true})", "application/json");
  });
  // [/handler]

  const int wanted = argc > 2 ? static_cast<int>(std::strtol(argv[2], nullptr, 10)) : 8080;
  const int port = wanted == 0                                ? server.bind_to_any_port("127.0.0.1")
                   : server.bind_to_port("127.0.0.1", wanted) ? wanted
                                                              : -1;
  if (port < 0) return std::fprintf(stderr, "webhook-httplib: cannot listen on port %d\n", wanted), 2;
  std::printf("webhook-httplib ready listen=127.0.0.1:%d\n", port);
  std::fflush(stdout);
  return server.listen_after_bind() ? 0 : 1;
}
