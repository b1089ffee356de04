// SPDX-License-Identifier: Apache-2.0
#pragma once
// One call of the store on its way: what it does in a transaction, and whom it tells.

#include <callgate/base/error.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "inbox.hpp"

namespace callgate::store_sqlite {

class Job {
 public:
  // `bytes`: what it holds while it waits. `adds`: it brings something new, which a damaged file gets no
  // more.
  Job(std::size_t bytes, bool adds) : bytes_(bytes), adds_(adds) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // False: it has to go on in another transaction.
  virtual bool run(Inbox& inbox) = 0;
  // Exactly one of both, once. After run() was true and the transaction holds:
  virtual void succeed() = 0;
  virtual void fail(const std::string& why) = 0;

  std::size_t bytes() const { return bytes_; }
  bool adds() const { return adds_; }

 private:
  std::size_t bytes_;
  bool adds_;
};

template <class T>
class Call final : public Job {
 public:
  // No result yet: again, please.
  using Step = std::function<std::optional<base::Result<T>>(Inbox&)>;

  Call(Step step, delivery::Store::Done<T> done, std::size_t bytes = 0, bool adds = false)
      : Job(bytes, adds), step_(std::move(step)), done_(std::move(done)) {}

  bool run(Inbox& inbox) override {
    result_ = step_(inbox);
    return result_.has_value();
  }
  void succeed() override { done_(std::move(*result_)); }
  void fail(const std::string& why) override { done_(base::fail(why)); }

 private:
  Step step_;
  delivery::Store::Done<T> done_;
  std::optional<base::Result<T>> result_;
};

}  // namespace callgate::store_sqlite
