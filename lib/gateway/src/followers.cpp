// SPDX-License-Identifier: Apache-2.0
#include "followers.hpp"

#include <algorithm>

namespace callgate::gateway {
namespace {

constexpr std::size_t kFollowersMax = 32;
constexpr std::chrono::milliseconds kTurn{100};
constexpr unsigned kTurnsOfSilenceMax = 150;  // then a comment, so that nobody in between takes it for dead
constexpr std::size_t kSentInATurn = 500;
constexpr std::size_t kUnsentBytesMax = std::size_t{256} * 1024;

}  // namespace

bool Followers::is_full() const {
  return followers_.size() >= kFollowersMax;
}

void Followers::add(std::unique_ptr<net::AnswerStream> stream, std::uint64_t after) {
  followers_.push_back({std::move(stream), after});
  if (followers_.size() == 1) serve();
}

void Followers::serve() {
  std::erase_if(followers_, [](const Follower& follower) { return !follower.stream->is_open(); });
  for (Follower& follower : followers_) serve(follower);
  next_turn_ = followers_.empty() ? nullptr : worker_.after(kTurn, [this] { serve(); });
}

void Followers::serve(Follower& follower) const {
  if (follower.stream->unsent_bytes() > kUnsentBytesMax) return;
  std::string text;
  for (const admin::Verdict& verdict : verdicts_.after(follower.after, kSentInATurn)) {
    const std::uint64_t missed = verdict.sequence - follower.after - 1;
    if (missed > 0) text += admin::missed_event(missed);
    text += admin::verdict_event(verdict);
    follower.after = verdict.sequence;
  }
  if (text.empty() && ++follower.silent_turns < kTurnsOfSilenceMax) return;
  follower.silent_turns = 0;
  follower.stream->send(text.empty() ? ":\n\n" : text);
}

}  // namespace callgate::gateway
