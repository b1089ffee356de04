// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one final answer (interim ones are passed over) off the front of what a server has sent.

#include <optional>
#include <string>

namespace callgate::load {

struct Answer {
  int status = 0;
  bool closes = false;       // Connection: close
  bool retry_after = false;  // has the field
};

// Nothing while the answer is not complete; else it is taken off `received`. Status 0: that was no HTTP.
std::optional<Answer> take_answer(std::string& received);

}  // namespace callgate::load
