// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of events, their bodies and what the events of one request share. A column of steps within the
// caller's transaction; failures stick to the connection. Keeps the tally of states.

#include <callgate/delivery/store.hpp>
#include <string>
#include <string_view>

#include "sql.hpp"
#include "tally.hpp"

namespace callgate::store_sqlite {

struct Event {
  std::int64_t number = 0;
  std::int64_t lane = 0;
  std::int64_t request = 0;
  delivery::State state = delivery::State::queued;
  std::optional<std::int64_t> lease;
};

struct Reading {
  enum class What { missing, damaged, good };
  What what = What::missing;
  delivery::Stored stored;  // of damaged: only what the event's own row says
};

class Events {
 public:
  Events(Connection& connection, Tally& tally);

  std::optional<std::int64_t> find(std::string_view key);
  std::optional<Event> get(std::int64_t number);

  // The request comes first; `events` of it follow.
  std::int64_t add_request(const delivery::Accepted& accepted, std::int64_t events);
  std::int64_t add(const delivery::NewEvent& event, std::string_view route, std::int64_t lane,
                   std::int64_t request);

  // All of it, and whether it is what was put in.
  Reading read(std::int64_t number);
  // Without body and claims, unchecked.
  std::optional<delivery::Stored> read_outline(std::int64_t number);

  void set_tries(std::int64_t number, int attempts, base::WallTime first_tried_at, std::string_view note);
  // It ends, and whoever had it lent has it no more.
  void end(const Event& event, delivery::State state, base::WallTime at);
  void annotate(std::int64_t number, std::string_view note);
  // Queued again, as if never tried.
  void renew(const Event& event);
  void erase(const Event& event);

 private:
  std::string mark(std::string_view text);
  Reading judge(const Rows& rows);

  Connection& connection_;
  Tally& tally_;
  Statement find_, get_, add_request_, add_, add_body_, read_, read_outline_, tries_, end_, annotate_, renew_;
  Statement erase_, erase_body_, erase_request_, shrink_request_;
};

}  // namespace callgate::store_sqlite
