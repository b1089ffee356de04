// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <callgate/delivery/event.hpp>
#include <callgate/delivery/sink.hpp>
#include <callgate/delivery/store.hpp>
#include <utility>

namespace callgate::delivery {
namespace {

constexpr std::array kStates{std::pair{State::queued, std::string_view("queued")},
                             std::pair{State::delivered, std::string_view("delivered")},
                             std::pair{State::taken, std::string_view("taken")},
                             std::pair{State::dead, std::string_view("dead")}};

}  // namespace

std::string_view to_text(State state) {
  for (const auto& [value, text] : kStates) {
    if (value == state) return text;
  }
  return "";
}

std::optional<State> find_state(std::string_view text) {
  for (const auto& [value, name] : kStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace callgate::delivery
