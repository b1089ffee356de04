// SPDX-License-Identifier: Apache-2.0
#pragma once
// The documents of /api/v1/inbox. Pure. Bodies and queries, in which personal data may stand, are in that of
// take alone; list and show mask the phone numbers in everything else.

#include <callgate/base/clock.hpp>
#include <callgate/delivery/store.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::admin {

// `most` were asked for: with as many there may be more of them.
std::string inbox_list_json(const std::vector<delivery::Stored>& events, std::size_t most);
std::string inbox_event_json(const delivery::Stored& stored);
std::string inbox_stats_json(const delivery::Stats& stats, bool pushed, const std::string& trouble,
                             base::WallTime now);
std::string inbox_lease_json(const delivery::Lease& lease);
// {"acknowledged":3}
std::string inbox_count_json(std::string_view name, std::size_t count);

}  // namespace callgate::admin
