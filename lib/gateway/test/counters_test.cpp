// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

#include <gtest/gtest.h>

#include "descriptors.hpp"

namespace callgate::gateway {
namespace {

using namespace std::chrono_literals;
using refusal::Reason;

TEST(Counters, AddUpOverWorkersByProviderVerdictAndReason) {
  SlotNames names;
  const std::size_t acs = names.slot_of("acs");
  EXPECT_EQ(names.slot_of("acs"), acs);
  const auto one = std::make_unique<Counters>(), two = std::make_unique<Counters>();
  one->count(acs, std::nullopt);
  two->count(acs, std::nullopt);
  two->count(acs, Reason::token_expired);
  two->count(0, Reason::route_unknown);
  two->count(acs, Reason::keys_unavailable);
  one->observe_request(300us);
  two->observe_request(2s);
  two->observe_request(1min);
  one->observe_verify(30us);

  const auto requests = std::make_unique<Counters::Requests>();
  admin::Metrics metrics;
  one->add_to(*requests, metrics);
  two->add_to(*requests, metrics);
  std::string text;
  for (const auto& row : rows_of(*requests, names.names()))
    text += row.provider + " " + row.verdict + " " + row.reason + " " + std::to_string(row.count) + "\n";
  EXPECT_EQ(text,
            "- refuse route_unknown 1\nacs admit - 2\nacs refuse token_expired 1\nacs retry_later "
            "keys_unavailable 1\n");
  EXPECT_EQ(metrics.request_seconds.counts.front(), 1U);
  EXPECT_EQ(metrics.request_seconds.counts.back(), 1U) << "past the last bound";
  EXPECT_NEAR(metrics.request_seconds.sum, 62.0003, 1e-6);
  EXPECT_EQ(metrics.verify_seconds.counts.at(2), 1U);
}

TEST(Counters, ProvidersPastTheLastSlotShareIt) {
  SlotNames names;
  for (int i = 0; i < 200; ++i) EXPECT_LT(names.slot_of("p" + std::to_string(i)), kSlotsMax);
  EXPECT_EQ(names.names().size(), kSlotsMax);
  EXPECT_EQ(names.names().back(), "others");
  EXPECT_EQ(names.slot_of("p1"), 2U);
}

TEST(Descriptors, AreLeftForMoreThanConnections) {
  EXPECT_EQ(connections_that_fit(4096, 1'000'000, false), 4096U);
  EXPECT_EQ(connections_that_fit(4096, 256, false), 192U);
  EXPECT_EQ(connections_that_fit(4096, 256, true), 96U);
  EXPECT_EQ(connections_that_fit(10, 256, true), 10U);
  EXPECT_EQ(connections_that_fit(4096, 10, true), 1U);
}

}  // namespace
}  // namespace callgate::gateway
