// SPDX-License-Identifier: Apache-2.0
#pragma once
// The port to an application that takes events. Called and calling back on one thread, its owner's; `done`
// once for each push, never from within push().

#include <callgate/http/message.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace callgate::delivery {

// How a hand-over ended.
struct Pushed {
  enum class What : std::uint8_t {
    answered,
    unreachable,  // no connection
    timeout,
    broken,  // the connection ended within the answer, or the answer was none
    busy,    // no connection was free here: nothing was tried
  };
  What what = What::unreachable;
  int status = 0;                                     // of answered
  std::optional<std::chrono::seconds> retry_after{};  // of answered, if the application named one
};

class Sink {
 public:
  using OnPushed = std::function<void(Pushed)>;

  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // `route`: whose application it is.
  virtual void push(const std::string& route, http::Request request, OnPushed done) = 0;
};

}  // namespace callgate::delivery
