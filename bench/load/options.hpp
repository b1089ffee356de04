// SPDX-License-Identifier: Apache-2.0
#pragma once
// What load_callbacks was told.

#include <callgate/http/url.hpp>
#include <string>
#include <variant>

namespace callgate::load {

struct Target {
  http::Endpoint address;
  bool tls = false;
  unsigned sources = 1;  // loopback addresses that connections come from, 127.0.0.1 and following
};

struct SendOptions {
  Target target;
  std::string path = "/api/callback";
  std::string tokens_file;
  std::string body_file;  // empty: one event
  double rate = 0;        // requests a second over all threads; 0: closed loop
  unsigned connections = 64;
  unsigned threads = 1;
  double seconds = 10;
  double timeout_seconds = 30;
  unsigned good_percent = 100;
  bool new_connection_each = false;
  bool series = false;
  std::string events;   // not empty: each callback carries an event of its own, with ids that begin so
  unsigned calls = 64;  // that those events belong to, in turn
  unsigned pad = 0;     // bytes more in each of them
  std::string ledger;   // file that says what became of each
};

struct SlowOptions {
  Target target;
  std::string path = "/api/callback";
  std::string tokens_file;
  unsigned idle = 0, slow_head = 0, slow_body = 0;
  double interval_seconds = 10;  // between two bytes
  double open_rate = 2000;       // connections a second
  double seconds = 90;
};

struct TokenOptions {
  unsigned count = 100;
  std::string keys_out = "keys.json";
  std::string tokens_out = "tokens.txt";
  std::string issuer = "https://acscallautomation.communication.azure.com";
  std::string audience;
  unsigned lifetime_minutes = 60;
  bool jti = false;
};

struct Stop {
  int exit_code;
};

// Help and mistakes are printed here.
std::variant<SendOptions, SlowOptions, TokenOptions, Stop> read_options(int argc, char** argv);

}  // namespace callgate::load
