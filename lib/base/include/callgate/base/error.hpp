// SPDX-License-Identifier: Apache-2.0
#pragma once
// Errors are values: a function that can fail returns tl::expected<T, E>. Error is the E of everything that
// is not a refusal of a callback (files, configuration, sockets): one sentence for a person, which says what
// failed and what to do next. It never holds a secret or token text.

#include <string>
#include <tl/expected.hpp>

namespace callgate::base {

struct Error {
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected(Error{std::move(message)});
}

}  // namespace callgate::base
