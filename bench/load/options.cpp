// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <CLI/CLI.hpp>

namespace callgate::load {
namespace {

void add_target(CLI::App& verb, Target& target, std::string& address, std::string& path) {
  verb.add_option("--target", address, "HOST:PORT, the host as a number")->required();
  verb.add_flag("--tls", target.tls, "TLS, without looking at the certificate");
  verb.add_option("--sources", target.sources, "Loopback addresses to come from, 127.0.0.1 and following")
      ->check(CLI::Range(1, 250));
  verb.add_option("--path", path, "Path of the callbacks")->capture_default_str();
}

void add_events(CLI::App& verb, SendOptions& send) {
  CLI::Option* events = verb.add_option(
      "--events", send.events, "Each good callback carries an event of its own, with ids that begin so");
  verb.add_option("--calls", send.calls, "That those events belong to, in turn")
      ->check(CLI::Range(1, 1'000'000))
      ->needs(events);
  verb.add_option("--pad", send.pad, "Bytes more in each of those events")
      ->check(CLI::Range(0, 1'000'000))
      ->needs(events);
  verb.add_option("--ledger", send.ledger,
                  "File to write what became of each of those events: id, call, when it was begun and "
                  "answered (monotonic clock, microseconds), status or 0")
      ->needs(events);
}

CLI::App* add_send(CLI::App& app, SendOptions& send, std::string& address) {
  CLI::App* verb = app.add_subcommand("send", "Sends callbacks; prints counts and latencies as JSON");
  add_target(*verb, send.target, address, send.path);
  verb->add_option("--tokens", send.tokens_file, "Good tokens, one a line")
      ->required()
      ->check(CLI::ExistingFile);
  verb->add_option("--body", send.body_file, "Body of the callbacks; one event unless given")
      ->check(CLI::ExistingFile);
  verb->add_option("--rate", send.rate,
                   "Requests a second, begun on time whatever the answers do; 0: each "
                   "connection sends when it has its answer")
      ->check(CLI::NonNegativeNumber);
  verb->add_option("--connections", send.connections, "At most, at once")->check(CLI::Range(1, 60000));
  verb->add_option("--threads", send.threads, "Event loops")->check(CLI::Range(1, 64));
  verb->add_option("--seconds", send.seconds, "How long requests are begun")->check(CLI::PositiveNumber);
  verb->add_option("--timeout", send.timeout_seconds,
                   "Seconds to wait at most for a free connection, and again for the answer")
      ->check(CLI::PositiveNumber);
  verb->add_option("--good-percent", send.good_percent, "Share of tokens that hold")
      ->check(CLI::Range(0, 100));
  verb->add_flag("--new-connection-each", send.new_connection_each, "One request a connection");
  verb->add_flag("--series", send.series, "Also what happened in each second");
  add_events(*verb, send);
  return verb;
}

CLI::App* add_slow(CLI::App& app, SlowOptions& slow, std::string& address) {
  CLI::App* verb =
      app.add_subcommand("slow", "Opens slow connections; prints when the server closed them, as JSON");
  add_target(*verb, slow.target, address, slow.path);
  verb->add_option("--tokens", slow.tokens_file, "Good tokens; needed for --slow-body")
      ->check(CLI::ExistingFile);
  verb->add_option("--idle", slow.idle, "Connections that send nothing");
  verb->add_option("--slow-head", slow.slow_head, "Connections that send their head byte by byte");
  verb->add_option("--slow-body", slow.slow_body, "Connections that send their body byte by byte");
  verb->add_option("--interval", slow.interval_seconds, "Seconds between two bytes")
      ->check(CLI::PositiveNumber);
  verb->add_option("--open-rate", slow.open_rate, "Connections opened a second")->check(CLI::PositiveNumber);
  verb->add_option("--seconds", slow.seconds, "How long to wait in all")->check(CLI::PositiveNumber);
  return verb;
}

CLI::App* add_tokens(CLI::App& app, TokenOptions& tokens) {
  CLI::App* verb = app.add_subcommand("tokens", "Makes a key, its key set and signed tokens");
  verb->add_option("--count", tokens.count, "How many tokens")->check(CLI::Range(1, 1'000'000));
  verb->add_option("--keys-out", tokens.keys_out, "Key set, for callgate serve --keys")
      ->capture_default_str();
  verb->add_option("--tokens-out", tokens.tokens_out, "Tokens, one a line")->capture_default_str();
  verb->add_option("--issuer", tokens.issuer, "Claim iss")->capture_default_str();
  verb->add_option("--audience", tokens.audience, "Claim aud")->required();
  verb->add_option("--lifetime", tokens.lifetime_minutes,
                   "Minutes; the gateway needs --max-lifetime of as many")
      ->check(CLI::Range(1, 1440));
  verb->add_flag("--jti", tokens.jti, "A claim jti in each");
  return verb;
}

}  // namespace

std::variant<SendOptions, SlowOptions, TokenOptions, Stop> read_options(int argc, char** argv) {
  CLI::App app("Load for a callgate gateway: a client and nothing else", "load_callbacks");
  app.require_subcommand(1);
  app.get_formatter()->column_width(36);
  SendOptions send;
  SlowOptions slow;
  TokenOptions tokens;
  std::string address;
  CLI::App* send_verb = add_send(app, send, address);
  CLI::App* slow_verb = add_slow(app, slow, address);
  add_tokens(app, tokens);
  try {
    app.parse(argc, argv);
    if (*send_verb || *slow_verb) {
      const auto where = http::parse_endpoint(address);
      if (!where) throw CLI::ValidationError("--target", "'" + address + "' is not HOST:PORT");
      send.target.address = slow.target.address = *where;
    }
    if (*slow_verb && slow.slow_body > 0 && slow.tokens_file.empty())
      throw CLI::ValidationError("--slow-body", "needs --tokens: only a good token gets its body read");
  } catch (const CLI::ParseError& error) {
    return Stop{app.exit(error) == 0 ? 0 : 2};
  }
  if (*send_verb) return send;
  if (*slow_verb) return slow;
  return tokens;
}

}  // namespace callgate::load
