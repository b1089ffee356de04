// SPDX-License-Identifier: Apache-2.0
#include "endpoints.hpp"

#include <algorithm>
#include <array>
#include <callgate/json/writer.hpp>

#include "order.hpp"
#include "problem.hpp"

namespace callgate::emulator {
namespace {

constexpr std::string_view kCallsPath = "/emulator/calls";
constexpr std::string_view kTokenPath = "/emulator/token";
constexpr std::string_view kRotatePath = "/emulator/rotate";
constexpr std::string_view kKeyFaultPath = "/emulator/keys-fault";
constexpr std::array kOrderPaths{kCallsPath, kTokenPath, kRotatePath, kKeyFaultPath};

// The text outlives the request it came from.
std::string_view find_order_path(std::string_view path) {
  const auto* found = std::find(kOrderPaths.begin(), kOrderPaths.end(), path);
  return found == kOrderPaths.end() ? std::string_view() : *found;
}

http::Response method_not_allowed(std::string allowed) {
  http::Response response = problem(405, "this path takes " + allowed);
  response.headers.add("Allow", std::move(allowed));
  return response;
}

http::Response not_found() {
  std::string paths = std::string(kDiscoveryPath) + ", " + std::string(kKeysPath);
  for (const std::string_view path : kOrderPaths) paths += ", " + std::string(path);
  return problem(404, "there is nothing at this path; there are " + paths);
}

http::Response one_member(std::string_view name, std::string_view value) {
  json::Writer out;
  out.begin_object().member(name, value).end_object();
  return json_answer(out.take());
}

}  // namespace

Endpoints::Endpoints(net::Worker& worker, const base::Clock& clock, Issuer& issuer)
    : worker_(worker), issuer_(issuer), sender_(worker, clock, issuer) {}

void Endpoints::handle(const Pointer& exchange) {
  const std::string_view path = exchange->head().path();
  if (path == kDiscoveryPath) return answer_document(exchange, Document::discovery);
  if (path == kKeysPath) return answer_document(exchange, Document::keys);
  const std::string_view order_path = find_order_path(path);
  if (order_path.empty()) return exchange->answer(not_found());
  answer_order(exchange, order_path);
}

void Endpoints::answer_document(const Pointer& exchange, Document document) {
  const std::string& method = exchange->head().method;
  if (method != "GET" && method != "HEAD") return exchange->answer(method_not_allowed("GET, HEAD"));
  std::string right = document == Document::keys ? issuer_.key_set() : issuer_.discovery_document();
  http::Response response = spoil(key_fault_, document, std::move(right));
  if (key_fault_ == KeyFault::slow) return answer_later(exchange, std::move(response));
  exchange->answer(std::move(response));
}

void Endpoints::answer_order(const Pointer& exchange, std::string_view path) {
  if (exchange->head().method != "POST") return exchange->answer(method_not_allowed("POST"));
  exchange->read_body(kOrderBytesMax, [this, exchange, path](const refusal::Judged<std::string>& body) {
    if (!body) return exchange->answer(problem(body.error()));
    take_order(exchange, path, *body);
  });
}

void Endpoints::take_order(const Pointer& exchange, std::string_view path, std::string_view body) {
  if (path == kCallsPath) return place_calls(exchange, body);
  if (path == kTokenPath) return exchange->answer(mint_token(body));
  if (path == kRotatePath) return exchange->answer(rotate(body));
  exchange->answer(set_key_fault(body));
}

void Endpoints::place_calls(const Pointer& exchange, std::string_view body) {
  const auto order = parse_call_order(body);
  if (!order) return exchange->answer(problem(400, order.error().message));
  sender_.place(*order, [exchange](const Report& report) { exchange->answer(json_answer(to_json(report))); });
}

http::Response Endpoints::mint_token(std::string_view body) const {
  const auto order = parse_token_order(body);
  if (!order) return problem(400, order.error().message);
  return one_member("token", issuer_.mint(*order));
}

http::Response Endpoints::rotate(std::string_view body) {
  if (const auto order = parse_rotate_order(body); !order) return problem(400, order.error().message);
  const auto kid = issuer_.rotate();
  if (!kid) return problem(500, kid.error().message);
  return one_member("kid", *kid);
}

http::Response Endpoints::set_key_fault(std::string_view body) {
  const auto fault = parse_key_fault_order(body);
  if (!fault) return problem(400, fault.error().message);
  key_fault_ = *fault;
  return one_member("mode", to_text(key_fault_));
}

void Endpoints::answer_later(const Pointer& exchange, http::Response response) {
  const std::uint64_t id = next_delay_++;
  delays_[id] = worker_.after(kSlowAnswer, [this, exchange, id, response = std::move(response)] {
    exchange->answer(response);
    delays_.erase(id);
  });
}

}  // namespace callgate::emulator
