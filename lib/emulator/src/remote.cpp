// SPDX-License-Identifier: Apache-2.0
#include "remote.hpp"

#include <fmt/format.h>

#include <callgate/json/document.hpp>
#include <callgate/net/client.hpp>
#include <callgate/net/worker.hpp>
#include <chrono>
#include <cstdio>
#include <optional>

#include "result.hpp"

namespace callgate::emulator {
namespace {

constexpr int kOk = 0;
constexpr int kNotAsExpected = 1;
constexpr int kRefused = 2;
constexpr int kUnreachable = 3;

// An order for many calls is answered when the last one has ended.
constexpr net::ClientLimits kLimits{.connect_timeout = std::chrono::seconds{5},
                                    .total_timeout = std::chrono::hours{12},
                                    .head_bytes_max = std::size_t{32} << 10,
                                    .body_bytes_max = std::size_t{64} << 20};

int complain(int code, std::string_view what) {
  fmt::print(stderr, "callgate-emulator: {}\n", what);
  return code;
}

using Answer = tl::expected<http::Response, net::ClientError>;

Answer post(const http::Url& emulator, std::string_view path, const std::string& body) {
  http::Request request;
  request.head.method = "POST";
  request.head.target = std::string(path);
  request.head.headers.add("Content-Type", "application/json");
  request.body = body;
  std::optional<Answer> result;
  net::Worker worker;
  net::send(worker, emulator, std::move(request), kLimits, [&](Answer answer) {
    result = std::move(answer);
    worker.stop();
  });
  worker.run();
  if (!result) return tl::unexpected(net::ClientError{net::ClientError::Kind::unreachable, "no answer came"});
  return std::move(*result);
}

std::string text_member(const http::Response& answer, std::string_view name) {
  const auto document = json::parse(answer.body);
  if (!document) return {};
  const auto value = document->root().find(name);
  return std::string(value ? value->as_string().value_or("") : "");
}

// The answer if it is a 200; else the exit code, after the message.
tl::expected<http::Response, int> ask(const http::Url& emulator, std::string_view path,
                                      const std::string& body) {
  auto answer = post(emulator, path, body);
  if (!answer) return tl::unexpected(complain(kUnreachable, "no emulator: " + answer.error().message));
  if (answer->status == 200) return std::move(*answer);
  const std::string detail = text_member(*answer, "detail");
  if ((answer->status == 400 || answer->status == 413) && !detail.empty())
    return tl::unexpected(complain(kRefused, detail));
  return tl::unexpected(complain(kUnreachable, fmt::format("{} answered {}; is it a callgate-emulator?",
                                                           emulator.origin(), answer->status)));
}

int print_member(const http::Url& emulator, std::string_view path, const std::string& body,
                 std::string_view name) {
  const auto answer = ask(emulator, path, body);
  if (!answer) return answer.error();
  const std::string text = text_member(*answer, name);
  if (text.empty()) return complain(kUnreachable, emulator.origin() + " did not answer as an emulator does");
  fmt::print("{}\n", text);
  return kOk;
}

}  // namespace

int call(const http::Url& emulator, const std::string& order, OutputFormat format) {
  const auto answer = ask(emulator, "/emulator/calls", order);
  if (!answer) return answer.error();
  const auto report = parse_report(answer->body);
  if (!report) return complain(kUnreachable, emulator.origin() + ": " + report.error().message);
  fmt::print("{}", format == OutputFormat::json ? answer->body + "\n" : to_table(*report));
  return report->as_expected() == report->events.size() ? kOk : kNotAsExpected;
}

int token(const http::Url& emulator, const std::string& order) {
  return print_member(emulator, "/emulator/token", order, "token");
}

int rotate(const http::Url& emulator) {
  return print_member(emulator, "/emulator/rotate", "{}", "kid");
}

int set_key_fault(const http::Url& emulator, const std::string& order) {
  return print_member(emulator, "/emulator/keys-fault", order, "mode");
}

}  // namespace callgate::emulator
