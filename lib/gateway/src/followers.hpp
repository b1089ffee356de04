// SPDX-License-Identifier: Apache-2.0
#pragma once
// Readers of the admin port who follow the verdicts as they come. A reader that is slow misses some, and is
// told how many; it never makes anything else wait. All calls on the worker's thread.

#include <callgate/admin/verdicts.hpp>
#include <callgate/net/server.hpp>
#include <memory>
#include <vector>

namespace callgate::gateway {

class Followers {
 public:
  // Both must live longer.
  Followers(net::Worker& worker, const admin::VerdictLog& verdicts) : worker_(worker), verdicts_(verdicts) {}

  bool is_full() const;
  // From the verdict after `after` on.
  void add(std::unique_ptr<net::AnswerStream> stream, std::uint64_t after);

 private:
  struct Follower {
    std::unique_ptr<net::AnswerStream> stream;
    std::uint64_t after = 0;
    unsigned silent_turns = 0;
  };

  void serve();
  void serve(Follower& follower) const;

  net::Worker& worker_;
  const admin::VerdictLog& verdicts_;
  std::vector<Follower> followers_;
  std::shared_ptr<void> next_turn_;
};

}  // namespace callgate::gateway
