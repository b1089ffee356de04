// SPDX-License-Identifier: Apache-2.0
#include "request_mutation.hpp"

#include <algorithm>
#include <array>

#include "pinned_gateway.hpp"

namespace callgate::http1 {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kRequestBytesMax = std::size_t{160} * 1024;

constexpr std::string_view kBytes[] = {
    "\0"sv,   "\r"sv,   "\n"sv,   "\r\n"sv, " "sv, "\t"sv, ":"sv,   ","sv, ";"sv, "\""sv, "%00"sv, "\x7f"sv,
    "\x80"sv, "\xff"sv, "\x0b"sv, "\x1b"sv, "0"sv, "\\"sv, "../"sv, "#"sv, "?"sv, "="sv,  "{"sv,   "]"sv};

constexpr std::string_view kLines[] = {"",
                                       " ",
                                       "\t",
                                       "x",
                                       "0",
                                       "Host",
                                       ":",
                                       ": x",
                                       "GET / HTTP/1.1",
                                       "POST /api/callback HTTP/1.1",
                                       " folded",
                                       "a b: c",
                                       "Host : a",
                                       "PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
                                       "PRI * HTTP/2.0",
                                       "\x16\x03\x01\x02"};

constexpr std::string_view kFields[] = {
    "Content-Length: 0",
    "Content-Length: 5",
    "Content-Length: 18446744073709551616",
    "Content-Length: -1",
    "Content-Length: +5",
    "Content-Length: 0x10",
    "Content-Length: 5, 5",
    "Content-Length: 5, 6",
    "Content-Length: ",
    "Content-Length: 1048577",
    "Content-Length: 999999999999",
    "content-length: 00000000005",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked;q=1",
    "transfer-encoding: CHUNKED",
    "Transfer-Encoding:\tchunked",
    "Transfer_Encoding: chunked",
    "Transfer-Encoding: ",
    "TE: trailers",
    "Trailer: X",
    "Host: other",
    "Host: ",
    "Host: a b",
    "Host: [::1]:80",
    "Host: a@b",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: close, keep-alive, upgrade",
    "Connection: Host",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAAQAAP__",
    "Expect: 100-continue",
    "Expect: 200-ok",
    "Expect: 100-continue, x",
    "Content-Type: application/json; charset=utf-8",
    "Content-Type: application/cloudevents-batch+json",
    "Content-Type: application/json; charset=latin1",
    "Content-Type: text/xml",
    "Content-Type: ;;;",
    "Content-Encoding: gzip",
    "Content-Encoding: identity",
    "Authorization: Bearer",
    "Authorization: Bearer a.b.c",
    "Authorization: Basic YTpi",
    "Authorization: ",
    "Cookie: a=b",
    "ce-id: 1",
    "ce-source: s",
    "ce-type: t",
    "ce-specversion: 1.0",
    "ce-specversion: 9",
    "Callgate-Subject: x",
    "callgate_subject: x",
    "X-Forwarded-For: 1.2.3.4, ::ffff:5.6.7.8",
    "X-Request-Id: \x1b[31m",
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "WebHook-Request-Origin: eventgrid.azure.net",
    "aeg-event-type: SubscriptionValidation",
    "a:b",
    "A: \x80\xff"};

constexpr std::string_view kMethods[] = {"GET",  "HEAD", "PUT",   "OPTIONS", "CONNECT", "TRACE",    "PATCH",
                                         "post", "POST", "POST ", "P\tST",   "",        "M-SEARCH", "PRI"};
constexpr std::string_view kTargets[] = {"/",
                                         "*",
                                         "/api/callback",
                                         "/api/callback/",
                                         "/api/callback/x?y=z",
                                         "/api/callback?a=%00&b",
                                         "/api/callback/../x",
                                         "/api/callback/%2e%2e/x",
                                         "/api//callback",
                                         "http://gate.example/api/callback",
                                         "http:///api/callback",
                                         "https://user:pw@gate.example:99999/api/callback",
                                         "gate.example:443",
                                         "api/callback",
                                         "/api/callback#f",
                                         "",
                                         "/livez",
                                         "/metrics",
                                         "/callgate/authorize",
                                         "//evil/api/callback",
                                         "/api/callback\\x",
                                         "/\x80\xff"};
constexpr std::string_view kVersions[] = {"HTTP/1.1", "HTTP/1.0", "HTTP/0.9",  "HTTP/2.0",
                                          "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "HTTP/11",
                                          "",         "ICY/1.1",  "HTTP/1.10"};
constexpr std::string_view kSizeLines[] = {"0",
                                           "00",
                                           "5;",
                                           "5;a",
                                           "5;a=b",
                                           "5;a=\"b;c\"",
                                           "5 ;a",
                                           " 5",
                                           "5 ",
                                           "+5",
                                           "-5",
                                           "0x5",
                                           "G",
                                           "FFFFFFFFFFFFFFFF",
                                           "FFFFFFFFFFFFFFFFF",
                                           "10000000000000000",
                                           "7FFFFFFFFFFFFFFF",
                                           "100001",
                                           "\t5",
                                           ""};
constexpr std::string_view kJson[] = {
    "[]",
    "{}",
    "null",
    "[null]",
    "[{}]",
    "\xef\xbb\xbf[]",
    "\"\\ud800\"",
    "[1e999]",
    "{\"a\":1,\"a\":2}",
    "[",
    "]",
    "{\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"specversion\":\"1.0\"}",
    "{\"id\":\"\",\"source\":\"s\",\"type\":\"t\",\"specversion\":\"1.0\",\"data\":{\"a\":[[[1]]]}}",
    "{\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"specversion\":\"1.0\",\"data_base64\":\"!\"}",
    "\xff\xfe[\x00"};

std::size_t head_end(const std::string& request) {
  const std::size_t at = request.find("\r\n\r\n");
  return at == std::string::npos ? request.size() : at + 4;
}

// Where the n-th line of the head starts; lines end with LF.
std::vector<std::size_t> line_starts(const std::string& request) {
  std::vector<std::size_t> starts{0};
  const std::size_t end = head_end(request);
  for (std::size_t at = request.find('\n'); at != std::string::npos && at + 1 < end;
       at = request.find('\n', at + 1))
    starts.push_back(at + 1);
  return starts;
}

// The value of a field of the head: [begin, end). Empty at the end of the head if there is none.
std::pair<std::size_t, std::size_t> find_value(const std::string& request, std::string_view name) {
  const std::size_t end = head_end(request);
  const std::size_t at = request.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos || at >= end) return {end, end};
  const std::size_t begin = at + name.size() + 4;
  return {begin, std::min(request.find('\r', begin), request.size())};
}

}  // namespace

std::string Mutator::next() {
  std::string request = seeds_[draw(seeds_.size())];
  static constexpr std::array<unsigned, 8> kHowMany{0, 1, 1, 1, 1, 2, 3, 4};
  for (unsigned left = kHowMany[draw(kHowMany.size())]; left > 0; --left) change(request);
  if (request.size() > kRequestBytesMax) request.resize(kRequestBytesMax);
  return request;
}

void Mutator::change(std::string& request) {
  using Change = void (Mutator::*)(std::string&);
  static constexpr std::array<Change, 14> kChanges{
      &Mutator::change_bytes, &Mutator::change_bytes,  &Mutator::change_lines,
      &Mutator::change_lines, &Mutator::add_field,     &Mutator::change_request_line,
      &Mutator::add_field,    &Mutator::change_field,  &Mutator::change_length,
      &Mutator::make_chunked, &Mutator::change_chunks, &Mutator::change_body,
      &Mutator::change_token, &Mutator::splice};
  (this->*kChanges[draw(kChanges.size())])(request);
}

void Mutator::change_bytes(std::string& request) {
  if (request.empty()) return;
  // Half of the changes fall into the head, which is small beside many a body.
  const std::size_t at = draw(chance(50) ? head_end(request) : request.size());
  const std::size_t length = std::min<std::size_t>(1 + draw(8), request.size() - at);
  switch (draw(7)) {
    case 0:
      request[at] = static_cast<char>(request[at] ^ (1 << draw(8)));
      break;
    case 1:
      request[at] = static_cast<char>(draw(256));
      break;
    case 2:
      request.insert(at, pick(kBytes));
      break;
    case 3:
      request.replace(at, 1, pick(kBytes));
      break;
    case 4:
      request.erase(at, length);
      break;
    case 5:
      request.insert(at, request.substr(at, length));
      break;
    default:
      request.resize(at);
  }
}

void Mutator::change_lines(std::string& request) {
  const auto starts = line_starts(request);
  const std::size_t which = draw(starts.size());
  const std::size_t begin = starts[which];
  const std::size_t end = which + 1 < starts.size() ? starts[which + 1] : head_end(request);
  const std::string line = request.substr(begin, end - begin);
  switch (draw(8)) {
    case 0:
      request.insert(begin, line);
      break;
    case 1:
      request.erase(begin, line.size());
      break;
    case 2:
      request.insert(begin, std::string(pick(kLines)) + "\r\n");
      break;
    case 3:  // folds it
      request.insert(begin, chance(50) ? " " : "\t");
      break;
    case 4:  // ends it in another way
      if (line.size() >= 2) request.replace(end - 2, 2, chance(50) ? "\n" : "\r");
      break;
    case 5:  // joins it with the next
      if (line.size() >= 2) request.erase(end - 2, 2);
      break;
    case 6:  // puts it elsewhere
      request.erase(begin, line.size());
      request.insert(std::min(starts[draw(starts.size())], request.size()), line);
      break;
    default:  // many, or long
      request.insert(begin, chance(50) ? std::string(draw(40'000), 'a') : std::string());
      for (std::size_t left = draw(200); left > 0; --left) request.insert(begin, "x: y\r\n");
  }
}

void Mutator::change_request_line(std::string& request) {
  const std::size_t first = request.find(' ');
  const std::size_t second = request.find(' ', first + 1);
  const std::size_t end = request.find("\r\n");
  if (first == std::string::npos || second == std::string::npos || end == std::string::npos || second > end)
    return;
  switch (draw(4)) {
    case 0:
      request.replace(second + 1, end - second - 1, pick(kVersions));
      break;
    case 1:
      request.replace(first + 1, second - first - 1, pick(kTargets));
      break;
    case 2:
      request.insert(second, "?" + std::string(draw(12'000), 'q'));
      break;
    default:
      request.replace(0, first, pick(kMethods));
  }
}

void Mutator::add_field(std::string& request) {
  const auto starts = line_starts(request);
  const std::size_t at = starts.size() > 1 ? starts[1 + draw(starts.size() - 1)] : request.size();
  request.insert(at, std::string(pick(kFields)) + "\r\n");
}

void Mutator::change_field(std::string& request) {
  const auto starts = line_starts(request);
  const std::size_t begin = starts[draw(starts.size())];
  const std::size_t colon = request.find(':', begin);
  if (colon == std::string::npos || colon >= head_end(request)) return;
  const std::size_t at = begin + draw(colon - begin);
  switch (draw(6)) {
    case 0:
      for (std::size_t i = begin; i < colon; ++i) {
        const bool letter = (request[i] | 0x20) >= 'a' && (request[i] | 0x20) <= 'z';
        if (letter && chance(50)) request[i] = static_cast<char>(request[i] ^ 0x20);
      }
      break;
    case 1:
      std::replace(request.begin() + static_cast<std::ptrdiff_t>(begin),
                   request.begin() + static_cast<std::ptrdiff_t>(colon), '-', '_');
      break;
    case 2:
      request.insert(colon, pick(kBytes));
      break;
    case 3:
      request.insert(colon + 1, pick(kBytes));
      break;
    case 4:
      request.insert(at, pick(kBytes));
      break;
    default:
      request.insert(std::min(request.find("\r\n", colon), request.size()), pick(kBytes));
  }
}

void Mutator::change_length(std::string& request) {
  const auto [begin, end] = find_value(request, "Content-Length");
  if (begin == end) return;
  const std::size_t body = request.size() - head_end(request);
  static constexpr std::string_view kLengths[] = {"-1", "4294967296", "18446744073709551615", "1e3", "0x2",
                                                  " ",  "1,1"};
  const std::string other = chance(60) ? std::to_string(body + draw(40) - std::min<std::size_t>(body, 20))
                                       : std::string(pick(kLengths));
  request.replace(begin, end - begin, other);
}

void Mutator::make_chunked(std::string& request) {
  const std::size_t end = head_end(request);
  const std::string body = request.substr(std::min(end, request.size()));
  std::string chunks;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t size = std::min(1 + draw(chance(50) ? 16 : 4096), body.size() - at);
    chunks += chunk_text(std::string_view(body).substr(at, size), chance(20) ? ";a=\"b\"" : "");
    at += size;
  }
  chunks += chance(80) ? "0\r\n" : "000;x\r\n";
  if (chance(30)) chunks += std::string(pick(kFields)) + "\r\n";
  request.replace(end, std::string::npos, chunks + "\r\n");
  const auto [begin, value_end] = find_value(request, "Content-Length");
  if (begin == value_end) return;
  const std::size_t line = begin - std::string_view("Content-Length: ").size();
  request.replace(line, value_end - line, "Transfer-Encoding: chunked");
}

void Mutator::change_chunks(std::string& request) {
  if (request.find("chunked") == std::string::npos) make_chunked(request);
  const std::size_t end = head_end(request);
  if (end >= request.size()) return;
  std::vector<std::size_t> ends;  // of the lines in the body
  for (std::size_t at = request.find("\r\n", end); at != std::string::npos; at = request.find("\r\n", at + 2))
    ends.push_back(at);
  if (ends.empty()) return;
  const std::size_t which = draw(ends.size());
  const std::size_t begin = which == 0 ? end : ends[which - 1] + 2;
  switch (draw(5)) {
    case 0:
      request.replace(begin, ends[which] - begin, pick(kSizeLines));
      break;
    case 1:
      request.replace(ends[which], 2, chance(50) ? "\n" : "\r\r");
      break;
    case 2:
      request.insert(ends[which], ";" + std::string(draw(6000), 'e'));
      break;
    case 3:
      request.insert(begin, std::string(pick(kSizeLines)) + "\r\n");
      break;
    default:
      request.resize(begin);
  }
}

void Mutator::change_body(std::string& request) {
  const std::size_t end = head_end(request);
  std::string body = request.substr(std::min(end, request.size()));
  switch (draw(5)) {
    case 0:
      body = pick(kJson);
      break;
    case 1:
      body = std::string(draw(200), '[') + body;
      break;
    case 2:
      body = "[" + body + "," + body + "]";
      break;
    case 3:
      body.append(draw(100'000), ' ');
      break;
    default:
      if (!body.empty()) body.insert(draw(body.size()), pick(kJson));
  }
  request.replace(end, std::string::npos, body);
  const auto [begin, value_end] = find_value(request, "Content-Length");
  if (begin != value_end) request.replace(begin, value_end - begin, std::to_string(body.size()));
}

void Mutator::change_token(std::string& request) {
  const auto [begin, end] = find_value(request, "Authorization");
  if (begin == end) return;
  const std::size_t at = begin + draw(end - begin);
  switch (draw(4)) {
    case 0:
      request[at] = static_cast<char>('A' + draw(58));
      break;
    case 1:
      request.insert(at, 1, '.');
      break;
    case 2:
      request.erase(at, end - at);
      break;
    default:
      request.insert(end, std::string(draw(20'000), 'A'));
  }
}

void Mutator::splice(std::string& request) {
  const std::string& other = seeds_[draw(seeds_.size())];
  if (chance(50)) {  // the head of one and the body of the other
    request.replace(std::min(head_end(request), request.size()), std::string::npos,
                    other.substr(head_end(other)));
  } else {
    request.insert(draw(request.size()), other.substr(draw(other.size()), 1 + draw(200)));
  }
}

}  // namespace callgate::http1
