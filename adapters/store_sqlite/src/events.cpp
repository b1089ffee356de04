// SPDX-License-Identifier: Apache-2.0
#include "events.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <callgate/digest/sha2.hpp>
#include <charconv>

namespace callgate::store_sqlite {

using delivery::Accepted;
using delivery::NewEvent;
using delivery::Passage;
using delivery::State;
using delivery::Stored;
using delivery::Verdict;

namespace {

constexpr std::size_t kMarkBytes = 16;
constexpr const char* kDamaged = "damaged";

// "4:name,5:value,": any bytes, and still readable.
void put(std::string& out, std::string_view part) {
  out.append(std::to_string(part.size())).append(1, ':').append(part).append(1, ',');
}

std::string encode(const std::vector<http::Field>& fields) {
  std::string out;
  for (const http::Field& field : fields) {
    put(out, field.name);
    put(out, field.value);
  }
  return out;
}

bool get(std::string_view& rest, std::string& part) {
  std::size_t size = 0;
  const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
  if (fault != std::errc() || end == rest.data() + rest.size() || *end != ':') return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  if (size >= rest.size() || rest[size] != ',') return false;
  part = rest.substr(0, size);
  rest.remove_prefix(size + 1);
  return true;
}

// Stops at the first byte that does not fit; a digest judges what was read.
std::vector<http::Field> decode(std::string_view text) {
  std::vector<http::Field> fields;
  for (http::Field field; get(text, field.name) && get(text, field.value);) fields.push_back(field);
  return fields;
}

std::string text_of(const Passage& passage, std::string_view fields, const Verdict& verdict) {
  std::string text;
  for (const std::string_view part :
       {std::string_view(passage.request_id), std::string_view(passage.method),
        std::string_view(passage.target), fields, std::string_view(verdict.provider),
        std::string_view(verdict.key_id), std::string_view(verdict.key_set), std::string_view(verdict.issuer),
        std::string_view(verdict.audience), std::string_view(verdict.subject),
        std::string_view(verdict.claims)})
    put(text, part);
  put(text, std::to_string(passage.received_at.time_since_epoch().count()));
  put(text, std::to_string(verdict.judged_at.time_since_epoch().count()));
  return text;
}

std::string text_of(const NewEvent& event, std::string_view route) {
  std::string text;
  text.reserve(event.body.size() + 512);
  for (const std::string_view part :
       {route, std::string_view(event.call), std::string_view(event.key), std::string_view(event.id),
        std::string_view(event.type), std::string_view(event.body)})
    put(text, part);
  return text;
}

// The columns of both readings, in one order.
#define CALLGATE_OUTLINE                                                                                    \
  "event.number, event.key, event.id, event.type, event.state, event.attempts, event.first_tried_at, "      \
  "event.ended_at, event.note, route.path, lane.call, request.request_id, request.method, request.target, " \
  "request.fields, request.received_at, request.provider, request.key_id, request.key_set, "                \
  "request.issuer, request.audience, request.subject, request.judged_at"
#define CALLGATE_JOINS                                                                           \
  " FROM event LEFT JOIN lane ON lane.id = event.lane LEFT JOIN route ON route.id = lane.route " \
  "LEFT JOIN request ON request.id = event.request"
constexpr int kOutlineColumns = 23;

Stored stored_of(const Rows& rows) {
  Stored out;
  out.number = rows.integer(0);
  out.event.key = rows.text(1);
  out.event.id = rows.text(2);
  out.event.type = rows.text(3);
  out.state = static_cast<State>(std::clamp<std::int64_t>(rows.integer(4), 0, kStates - 1));
  out.attempts = static_cast<int>(rows.integer(5));
  out.first_tried_at = rows.find_time(6);
  out.ended_at = rows.find_time(7);
  out.note = rows.text(8);
  out.passage.route = rows.text(9);
  out.event.call = rows.text(10);
  out.passage.request_id = rows.text(11);
  out.passage.method = rows.text(12);
  out.passage.target = rows.text(13);
  out.passage.fields = decode(rows.text(14));
  out.passage.received_at = rows.time(15);
  out.verdict.provider = rows.text(16);
  out.verdict.key_id = rows.text(17);
  out.verdict.key_set = rows.text(18);
  out.verdict.issuer = rows.text(19);
  out.verdict.audience = rows.text(20);
  out.verdict.subject = rows.text(21);
  out.verdict.judged_at = rows.time(22);
  return out;
}

}  // namespace

Events::Events(Connection& connection, Tally& tally)
    : connection_(connection),
      tally_(tally),
      find_(connection, "SELECT number FROM event WHERE key = ?1"),
      get_(connection, "SELECT lane, request, state, lease FROM event WHERE number = ?1"),
      add_request_(connection, "INSERT INTO request VALUES (NULL, ?,?, ?,?,?,?,?, ?,?,?,?,?,?,?,?)"),
      add_(connection,
           "INSERT INTO event (key, request, lane, state, digest, id, type) VALUES (?, ?, ?, 0, ?, ?, ?)"),
      add_body_(connection, "INSERT INTO body VALUES (?, ?)"),
      read_(connection, "SELECT " CALLGATE_OUTLINE
                        ", request.claims, request.digest, event.digest, body.bytes" CALLGATE_JOINS
                        " LEFT JOIN body ON body.number = event.number WHERE event.number = ?1"),
      read_outline_(connection, "SELECT " CALLGATE_OUTLINE CALLGATE_JOINS " WHERE event.number = ?1"),
      tries_(connection, "UPDATE event SET attempts = ?2, first_tried_at = ?3, note = ?4 WHERE number = ?1"),
      end_(connection, "UPDATE event SET state = ?2, ended_at = ?3, lease = NULL WHERE number = ?1"),
      annotate_(connection, "UPDATE event SET note = ?2 WHERE number = ?1"),
      renew_(connection,
             "UPDATE event SET state = 0, attempts = 0, first_tried_at = NULL, ended_at = NULL, note = '' "
             "WHERE number = ?1"),
      erase_(connection, "DELETE FROM event WHERE number = ?1"),
      erase_body_(connection, "DELETE FROM body WHERE number = ?1"),
      erase_request_(connection, "DELETE FROM request WHERE id = ?1 AND events <= 1"),
      shrink_request_(connection, "UPDATE request SET events = events - 1 WHERE id = ?1") {}

// Of what never changes. Not a lock against people: it finds bits that flipped.
std::string Events::mark(std::string_view text) {
  const digest::Digest digest = digest::hash(digest::Sha2::sha256, text);
  if (digest.size < kMarkBytes) connection_.fail(SQLITE_NOMEM);  // to be told from an event that is damaged
  return std::string(digest.view().substr(0, kMarkBytes));
}

std::optional<std::int64_t> Events::find(std::string_view key) {
  return find_.find(key);
}

std::optional<Event> Events::get(std::int64_t number) {
  Rows rows = get_.query(number);
  if (!rows.next()) return std::nullopt;
  return Event{.number = number,
               .lane = rows.integer(0),
               .request = rows.integer(1),
               .state = static_cast<State>(std::clamp<std::int64_t>(rows.integer(2), 0, kStates - 1)),
               .lease = rows.find_integer(3)};
}

std::int64_t Events::add_request(const Accepted& accepted, std::int64_t events) {
  const Passage& passage = accepted.passage;
  const Verdict& verdict = accepted.verdict;
  const std::string fields = encode(passage.fields);
  const std::string digest = mark(text_of(passage, fields, verdict));
  add_request_.run(events, Blob{digest}, passage.request_id, passage.method, passage.target, Blob{fields},
                   passage.received_at, verdict.provider, verdict.key_id, verdict.key_set, verdict.issuer,
                   verdict.audience, verdict.subject, verdict.judged_at, verdict.claims);
  return sqlite3_last_insert_rowid(connection_.handle());
}

std::int64_t Events::add(const NewEvent& event, std::string_view route, std::int64_t lane,
                         std::int64_t request) {
  const std::string digest = mark(text_of(event, route));
  add_.run(event.key, request, lane, Blob{digest}, event.id, event.type);
  const std::int64_t number = sqlite3_last_insert_rowid(connection_.handle());
  add_body_.run(number, Blob{event.body});
  ++tally_.of(State::queued);
  return number;
}

Reading Events::read(std::int64_t number) {
  {
    Rows rows = read_.query(number);
    if (rows.next()) return judge(rows);
  }
  if (!connection_.failure()) return {};
  // A page that cannot be followed; the event's own row may be sound.
  if (!connection_.failure()->is_damage()) return {};
  connection_.take_failure();
  Reading reading{.what = Reading::What::damaged, .stored = {}};
  reading.stored.number = number;
  reading.stored.note = kDamaged;
  return reading;
}

Reading Events::judge(const Rows& rows) {
  Reading reading{.what = Reading::What::good, .stored = stored_of(rows)};
  Stored& stored = reading.stored;
  stored.verdict.claims = rows.text(kOutlineColumns);
  stored.event.body = rows.text(kOutlineColumns + 3);
  const std::string of_request = mark(text_of(stored.passage, rows.text(14), stored.verdict));
  const std::string of_event = mark(text_of(stored.event, stored.passage.route));
  if (of_request == rows.text(kOutlineColumns + 1) && of_event == rows.text(kOutlineColumns + 2))
    return reading;
  reading.what = Reading::What::damaged;
  stored.event.body.clear();
  stored.verdict = {};
  stored.note = kDamaged;
  return reading;
}

std::optional<Stored> Events::read_outline(std::int64_t number) {
  Rows rows = read_outline_.query(number);
  if (!rows.next()) return std::nullopt;
  return stored_of(rows);
}

void Events::set_tries(std::int64_t number, int attempts, base::WallTime first_tried_at,
                       std::string_view note) {
  tries_.run(number, attempts, first_tried_at, note);
}

void Events::end(const Event& event, State state, base::WallTime at) {
  end_.run(event.number, static_cast<int>(state), at);
  --tally_.of(event.state);
  ++tally_.of(state);
}

void Events::annotate(std::int64_t number, std::string_view note) {
  annotate_.run(number, note);
}

void Events::renew(const Event& event) {
  renew_.run(event.number);
  --tally_.of(event.state);
  ++tally_.of(State::queued);
}

void Events::erase(const Event& event) {
  erase_body_.run(event.number);
  erase_.run(event.number);
  erase_request_.run(event.request);
  if (sqlite3_changes(connection_.handle()) == 0) shrink_request_.run(event.request);
  --tally_.of(event.state);
}

}  // namespace callgate::store_sqlite
