// SPDX-License-Identifier: Apache-2.0
#include "http_vectors.hpp"

#include <algorithm>
#include <callgate/digest/base64.hpp>
#include <callgate/json/document.hpp>
#include <fstream>
#include <string_view>

#include "pinned_gateway.hpp"

namespace callgate::http1 {
namespace {

std::string decode(std::string text) {
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return digest::decode_base64url(text).value_or("");
}

std::string string_of(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return std::string(member ? member->as_string().value_or("") : "");
}

std::size_t count_of(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return static_cast<std::size_t>(member ? member->as_integer().value_or(0) : 0);
}

template <class Take>
void for_each_object(const std::filesystem::path& file, Take take) {
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (const auto document = json::parse(line)) take(document->root());
  }
}

std::string post_with(const Gadget& gadget, const std::string& token, std::size_t length) {
  return std::string("POST ") + kPath + " HTTP/1.1\r\n" + gadget.lines +
         "Host: gate.example\r\nAuthorization: Bearer " + token +
         "\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

}  // namespace

std::vector<RequestVector> read_request_vectors(const std::filesystem::path& file) {
  std::vector<RequestVector> vectors;
  for_each_object(file, [&](const json::Value& object) {
    RequestVector vector;
    vector.id = string_of(object, "id");
    vector.name = string_of(object, "name");
    vector.expect = string_of(object, "expect");
    vector.bytes = decode(string_of(object, "probe_b64"));
    if (const auto oracle = object.find("oracle")) {
      vector.strict_count = count_of(*oracle, "strict_n");
      vector.lenient_count = count_of(*oracle, "lenient_n");
      vector.strict_end = string_of(*oracle, "strict_end");
      vector.lenient_end = string_of(*oracle, "lenient_end");
      vector.oracle_reason = string_of(*oracle, "reason");
    }
    vectors.push_back(std::move(vector));
  });
  return vectors;
}

std::vector<Gadget> read_gadgets(const std::filesystem::path& file) {
  std::vector<Gadget> gadgets;
  for_each_object(file, [&](const json::Value& object) {
    gadgets.push_back({string_of(object, "id"), string_of(object, "name"), string_of(object, "expect"),
                       decode(string_of(object, "gadget_b64"))});
  });
  return gadgets;
}

std::string as_callback(const std::string& bytes, const std::string& token) {
  const std::size_t start = bytes.starts_with("\r\n") ? 2 : 0;
  const std::size_t space = bytes.find(' ', start);
  const std::size_t line_end = bytes.find("\r\n", start);
  if (space == std::string::npos || line_end == std::string::npos || space > line_end) return {};
  const std::string method = bytes.substr(start, space - start);
  const bool upper = std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!upper || method == "CONNECT") return {};
  std::string out = bytes;
  out.insert(line_end + 2, "Authorization: Bearer " + token + "\r\n");
  return out.replace(start, method.size(), "POST");
}

SmugglingPair smuggle(const Gadget& gadget, const std::string& token, const std::string& event) {
  const std::string hidden = "GET /smuggled HTTP/1.1\r\nHost: gate.example\r\n\r\n";
  const std::string chunked = chunk_text(event) + "0\r\n\r\n";
  const std::string hidden_chunk = chunk_text(hidden);
  return {post_with(gadget, token, chunked.size() + hidden.size()) + chunked + hidden,
          post_with(gadget, token, hidden_chunk.find('\n') + 1) + hidden_chunk + "0\r\n\r\n"};
}

}  // namespace callgate::http1
