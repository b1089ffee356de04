// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <callgate/emulator/run.hpp>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <cstdio>

#include "duration.hpp"
#include "order.hpp"
#include "remote.hpp"
#include "serve.hpp"

namespace callgate::emulator {
namespace {

constexpr int kUsage = 2;
constexpr std::chrono::milliseconds kRotateMin{100};

// Flags as typed; what CLI11 cannot judge is judged by the functions below.
struct Flags {
  std::string listen = "127.0.0.1:8085";
  std::string base_url;
  std::string audience{kDefaultAudience};
  std::string rotate_every;
  int key_bits = 2048;
  bool no_jti = false;

  std::string emulator = "http://127.0.0.1:8085";
  std::string callback;
  std::string scenario{kDefaultScenario};
  std::size_t calls = 1;
  double rate = 0;
  std::string fault = "none";
  std::string output = "table";
  std::string mode;
  std::vector<std::string> claims;
  std::vector<std::string> header;
};

[[noreturn]] void refuse(const std::string& message) {
  throw CLI::ValidationError(message);
}

http::Endpoint listen_of(const Flags& flags) {
  auto endpoint = http::parse_endpoint(flags.listen);
  if (!endpoint) refuse("--listen: write HOST:PORT, for example 127.0.0.1:8085 or [::1]:8085");
  return std::move(*endpoint);
}

std::string base_url_of(const Flags& flags) {
  if (flags.base_url.empty()) return {};
  const auto url = http::parse_url(flags.base_url);
  if (!url || url->target != "/") refuse("--base-url: write http://HOST:PORT and no path");
  return url->origin();
}

std::string audience_of(const Flags& flags) {
  const bool printable =
      std::all_of(flags.audience.begin(), flags.audience.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (flags.audience.empty() || !printable) refuse("--audience: write the resource's GUID");
  return flags.audience;
}

std::optional<std::chrono::milliseconds> rotate_every_of(const Flags& flags) {
  if (flags.rotate_every.empty()) return std::nullopt;
  const auto every = parse_duration(flags.rotate_every);
  if (!every || *every < kRotateMin)
    refuse("--rotate-every: write a time of 100ms or more, for example 60s or 5m");
  return every;
}

http::Url emulator_of(const Flags& flags) {
  auto url = http::parse_url(flags.emulator);
  if (!url || url->scheme != "http" || url->target != "/") {
    refuse("--emulator: write http://HOST:PORT, for example http://127.0.0.1:8085");
  }
  return std::move(*url);
}

std::string call_order_of(const Flags& flags, bool with_rate) {
  json::Writer out;
  out.begin_object().member("callback", flags.callback).member("scenario", flags.scenario);
  out.member("calls", static_cast<std::int64_t>(flags.calls)).member("fault", flags.fault);
  if (with_rate) out.member("rate", flags.rate);
  out.end_object();
  return out.take();
}

// name=JSON, as often as given.
MemberList members_of(const std::string& flag, const std::vector<std::string>& texts) {
  MemberList members;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos ||
        !json::parse(std::string_view(text).substr(equals + 1))) {
      refuse(flag + ": write name=JSON, for example sub='\"abc\"', exp=0, aud='[\"a\",\"b\"]' or jti=null");
    }
    members.set(text.substr(0, equals), text.substr(equals + 1));
  }
  return members;
}

std::string token_order_of(const Flags& flags) {
  json::Writer out;
  out.begin_object().member("fault", flags.fault);
  out.name("claims").raw(members_of("--claim", flags.claims).text());
  out.name("header").raw(members_of("--header", flags.header).text()).end_object();
  return out.take();
}

std::string key_fault_order_of(const Flags& flags) {
  json::Writer out;
  out.begin_object().member("mode", flags.mode).end_object();
  return out.take();
}

CLI::App* add_serve(CLI::App& app, Flags& flags) {
  CLI::App* verb = app.add_subcommand("serve", "Stands in for the service until SIGTERM or SIGINT");
  verb->add_option("--listen", flags.listen, "Address; port 0 picks a free one");
  verb->add_option("--audience", flags.audience, "Resource GUID the tokens are meant for");
  verb->add_option("--base-url", flags.base_url,
                   "Issuer and address of its documents (default: http://LISTEN)");
  verb->add_option("--rotate-every", flags.rotate_every,
                   "Time between new keys, for example 60s (default: never)");
  verb->add_option("--key-bits", flags.key_bits, "Size of the RSA keys")
      ->check(CLI::Range(kKeyBitsMin, kKeyBitsMax));
  verb->add_flag("--no-jti", flags.no_jti, "Leave the claim jti out of tokens");
  return verb;
}

CLI::App* add_remote(CLI::App& app, Flags& flags, const char* name, const char* does) {
  CLI::App* verb = app.add_subcommand(name, does);
  verb->add_option("--emulator", flags.emulator, "URL of the running emulator");
  return verb;
}

CLI::App* add_call(CLI::App& app, Flags& flags) {
  CLI::App* verb =
      add_remote(app, flags, "call", "Places calls; exit 0 when every answer was the expected one, else 1");
  verb->add_option("--callback", flags.callback, "URL that gets the events (http only)")->required();
  verb->add_option("--scenario", flags.scenario, "One of " + known_scenarios());
  verb->add_option("--calls", flags.calls, "Number of calls")->check(CLI::Range(std::size_t{1}, kCallsMax));
  verb->add_option("--rate", flags.rate, "Calls started each second (default: one after the other)")
      ->check(CLI::Range(kRateMin, kRateMax))
      ->default_str("");
  verb->add_option("--fault", flags.fault, "One of " + known_faults());
  verb->add_option("-o,--output", flags.output, "Form of the result")
      ->check(CLI::IsMember({"table", "json"}));
  return verb;
}

CLI::App* add_token(CLI::App& app, Flags& flags) {
  CLI::App* verb = add_remote(app, flags, "token", "Prints one token");
  verb->add_option("--fault", flags.fault, "One of " + known_token_faults());
  verb->add_option("--claim", flags.claims,
                   "name=JSON: replace or add a claim; name=null removes it (repeatable)");
  verb->add_option("--header", flags.header, "name=JSON: the same for the token's header (repeatable)");
  return verb;
}

CLI::App* add_key_fault(CLI::App& app, Flags& flags) {
  CLI::App* verb = add_remote(app, flags, "keys-fault", "Makes the discovery and key endpoints misbehave");
  verb->add_option("mode,--mode", flags.mode, "One of " + known_key_faults())->required();
  return verb;
}

int run_serve(const Flags& flags) {
  return serve({.listen = listen_of(flags),
                .base_url = base_url_of(flags),
                .audience = audience_of(flags),
                .rotate_every = rotate_every_of(flags),
                .key_bits = flags.key_bits,
                .with_jti = !flags.no_jti});
}

int parse_and_run(CLI::App& app, int argc, const char* const* argv) {
  Flags flags;
  app.set_version_flag("--version", "callgate-emulator " CALLGATE_VERSION);
  app.require_subcommand(0, 1);  // none is judged below: CLI11 would say so of a misspelt one too
  app.option_defaults()->always_capture_default();
  const CLI::App* serve_verb = add_serve(app, flags);
  const CLI::App* call_verb = add_call(app, flags);
  const CLI::App* token_verb = add_token(app, flags);
  const CLI::App* rotate_verb =
      add_remote(app, flags, "rotate", "Makes a new signing key and prints its kid");
  add_key_fault(app, flags);
  app.parse(argc, argv);

  if (app.get_subcommands().empty()) refuse("write one of serve, call, token, rotate, keys-fault");
  if (serve_verb->parsed()) return run_serve(flags);
  const http::Url emulator = emulator_of(flags);
  if (call_verb->parsed()) {
    const bool with_rate = call_verb->count("--rate") > 0;
    const auto format = flags.output == "json" ? OutputFormat::json : OutputFormat::table;
    return call(emulator, call_order_of(flags, with_rate), format);
  }
  if (token_verb->parsed()) return token(emulator, token_order_of(flags));
  if (rotate_verb->parsed()) return rotate(emulator);
  return set_key_fault(emulator, key_fault_order_of(flags));
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App app("Stands in for Azure Communication Services: issues tokens, publishes keys, sends callbacks",
               "callgate-emulator");
  try {
    return parse_and_run(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "callgate-emulator: {}\nSee callgate-emulator --help.\n", error.what());
    return kUsage;
  }
}

}  // namespace callgate::emulator
