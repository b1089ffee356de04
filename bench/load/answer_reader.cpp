// SPDX-License-Identifier: Apache-2.0
#include "answer_reader.hpp"

#include <callgate/http/headers.hpp>
#include <charconv>
#include <string_view>

namespace callgate::load {
namespace {

// The value of a field in a head that has been made lower case; nothing if it is not there.
std::optional<std::string_view> find_field(std::string_view head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ":");
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t begin = at + name.size() + 3;
  return http::trim(head.substr(begin, head.find("\r\n", begin) - begin));
}

}  // namespace

std::optional<Answer> take_answer(std::string& received) {
  for (;;) {
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    const std::string head = http::to_lower(std::string_view(received).substr(0, end + 2));
    Answer answer;
    if (!head.starts_with("http/1.1 ") || head.size() < 12) return answer;
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    std::size_t length = 0;
    if (const auto value = find_field(head, "content-length"))
      std::from_chars(value->data(), value->data() + value->size(), length);
    if (received.size() < end + 4 + length) return std::nullopt;
    received.erase(0, end + 4 + length);
    if (answer.status >= 100 && answer.status < 200) continue;
    answer.closes = find_field(head, "connection").value_or("") == "close";
    answer.retry_after = find_field(head, "retry-after").has_value();
    return answer;
  }
}

}  // namespace callgate::load
