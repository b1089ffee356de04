// SPDX-License-Identifier: Apache-2.0
#pragma once
// Redacted<T> holds a value that must not be printed (a token, a secret). Streams show "[redacted]"; the
// value comes out only through reveal(), which is easy to search for.

#include <ostream>
#include <utility>

namespace callgate::base {

template <class T>
class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  friend std::ostream& operator<<(std::ostream& out, const Redacted&) { return out << "[redacted]"; }

 private:
  T value_{};
};

}  // namespace callgate::base
