// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include <callgate/json/writer.hpp>

namespace callgate::emulator {
namespace {

using refusal::Reason;

int status_of(Reason reason) {
  switch (reason) {
    case Reason::request_timeout:
      return 408;
    case Reason::body_too_large:
      return 413;
    case Reason::target_too_long:
      return 414;
    case Reason::expectation_failed:
      return 417;
    case Reason::headers_too_large:
      return 431;
    case Reason::overloaded:
    case Reason::draining:
      return 503;
    default:
      return 400;
  }
}

http::Response problem_answer(int status, std::string_view title, std::string_view detail,
                              std::string_view reason) {
  json::Writer out;
  out.begin_object().member("type", "about:blank").member("title", title).member("status", status);
  out.member("detail", detail);
  if (!reason.empty()) out.member("reason", reason);
  out.end_object();
  return {status, {{"Content-Type", "application/problem+json"}}, out.take()};
}

}  // namespace

http::Response json_answer(std::string body) {
  return {200, {{"Content-Type", "application/json"}}, std::move(body)};
}

http::Response problem(int status, std::string_view detail) {
  return problem_answer(status, http::status_phrase(status), detail, {});
}

http::Response problem(const refusal::Refusal& refusal) {
  return problem_answer(status_of(refusal.reason), refusal::title_of(refusal.reason), refusal.detail,
                        refusal::to_text(refusal.reason));
}

}  // namespace callgate::emulator
