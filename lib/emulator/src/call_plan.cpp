// SPDX-License-Identifier: Apache-2.0
#include "call_plan.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace callgate::emulator {
namespace {

std::vector<Post> plan_posts(std::size_t events, Fault fault) {
  const std::optional<Fault> token = fault == Fault::no_token ? std::nullopt
                                     : is_token_fault(fault)  ? std::optional(fault)
                                                              : std::optional(Fault::none);
  const auto expected = expected_reason(fault);
  std::vector<std::size_t> all(events);
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (fault == Fault::batch) return {Post{all, token, false, expected}};
  if (fault == Fault::reorder) std::reverse(all.begin(), all.end());
  std::vector<Post> posts;
  for (const std::size_t event : all) {
    const bool repeated = fault == Fault::duplicate || fault == Fault::replay_body;
    posts.push_back({{event}, token, false, repeated ? std::nullopt : expected});
    if (fault == Fault::duplicate) posts.push_back({{event}, token, true, std::nullopt});
    if (fault == Fault::replay_body) posts.push_back({{events + event}, token, true, expected});
  }
  return posts;
}

}  // namespace

std::string CallPlan::body_of(const Post& post) const {
  std::string body;
  for (const std::size_t event : post.events) body += (body.empty() ? "[" : ",") + events.at(event).json;
  return body + "]";
}

CallPlan plan_call(const Scenario& scenario, Fault fault, std::size_t ordinal, std::string_view audience,
                   base::WallTime start) {
  CallPlan plan{make_call(ordinal, audience), {}, plan_posts(scenario.steps.size(), fault)};
  base::WallTime time = start;
  for (const Step& step : scenario.steps) {
    plan.events.push_back(make_event(plan.call, step, time));
    time += std::chrono::milliseconds{1};
  }
  if (fault != Fault::replay_body) return plan;
  // What somebody writes who has read a token: the same call, another event.
  for (const Step& step : scenario.steps) plan.events.push_back(make_event(plan.call, step, time));
  return plan;
}

}  // namespace callgate::emulator
