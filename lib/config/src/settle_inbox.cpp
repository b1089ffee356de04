// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "settle.hpp"

namespace callgate::config {
namespace {

void settle_hand_over(const Section& section, const SecretSource& secrets, RouteSettings& route,
                      Findings& findings, std::vector<std::string>& warnings) {
  for (const char* name : {"hand_over_secret_file", "hand_over_secret_old_file"}) {
    const auto path = section.text(name);
    if (!path) continue;
    const auto read = secrets.from_file(*path);
    if (!read) {
      findings.add(section.label(name), read.error().message);
      continue;
    }
    if (!read->warning.empty()) warnings.push_back(read->warning);
    auto secret = delivery::parse_signing_secret(read->value.reveal());
    if (secret)
      route.hand_over_secrets.push_back(std::move(*secret));
    else
      findings.add(section.label(name), secret.error().message);
  }
  if (section.has("hand_over_secret_old_file") && !section.has("hand_over_secret_file")) {
    findings.add(section.label("hand_over_secret_old_file"),
                 "is for the time of a change; write the newer one as hand_over_secret_file");
  }
}

// Whoever takes events from the inbox gets those of every route.
void check_all_push_or_none(const Sections& sections, const std::vector<RouteSettings>& routes,
                            Findings& findings) {
  const RouteSettings* first = nullptr;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const RouteSettings& route = routes[i];
    if (route.deliver != Deliver::inbox) continue;
    if (first == nullptr) first = &route;
    if (route.upstream.has_value() == first->upstream.has_value()) continue;
    const auto [pushed, taken] = route.upstream ? std::pair(&route, first) : std::pair(first, &route);
    findings.add(sections.routes[i].route.label("deliver"),
                 "route '" + pushed->path + "' pushes its events and route '" + taken->path +
                     "' leaves them to a consumer, in one inbox; write an upstream for both or for none");
    return;
  }
}

}  // namespace

void settle_push(const Section& section, const SecretSource& secrets, RouteSettings& route,
                 Findings& findings, std::vector<std::string>& warnings) {
  route.push_parallel_max = static_cast<std::size_t>(section.number("push_parallel_max"));
  settle_hand_over(section, secrets, route, findings, warnings);
  for (const char* name : {"hand_over_secret_file", "push_parallel_max"}) {
    if (section.find(name) != nullptr && !section.has("upstream"))
      findings.add(section.label(name),
                   "is of no use without an application; write an upstream, or leave it out");
  }
}

InboxSettings settle_inbox(const Sections& sections, const std::vector<RouteSettings>& routes,
                           Findings& findings) {
  const Section& section = sections.inbox;
  InboxSettings inbox;
  inbox.path = section.text_or_empty("path");
  inbox.keep = std::chrono::duration_cast<std::chrono::seconds>(section.span("keep"));
  inbox.keep_bytes = static_cast<std::uint64_t>(section.number("keep_bytes"));
  inbox.bytes_max = static_cast<std::uint64_t>(section.number("bytes_max"));
  inbox.group_max = static_cast<std::size_t>(section.number("group_max"));
  if (inbox.keep_bytes >= inbox.bytes_max) {
    findings.add(section.label(section.has("keep_bytes") ? "keep_bytes" : "bytes_max"),
                 "delivered events may fill the inbox (keep_bytes " + std::to_string(inbox.keep_bytes) +
                     ", bytes_max " + std::to_string(inbox.bytes_max) +
                     "), and then it takes nothing new; write keep_bytes below bytes_max");
  }
  const auto uses = std::find_if(routes.begin(), routes.end(),
                                 [](const RouteSettings& route) { return route.deliver == Deliver::inbox; });
  if (uses == routes.end() && section.has("path")) {
    findings.add(section.label("path"),
                 "is used by no route, so nothing would be kept; write deliver = \"inbox\" in a [[route]]");
  }
  if (uses != routes.end() && !section.has("path")) {
    const auto place = static_cast<std::size_t>(uses - routes.begin());
    findings.add(sections.routes[place].route.label("deliver"),
                 "route '" + uses->path +
                     "' delivers to an inbox, but there is none; write [inbox] with path = \"callgate.db\"");
  }
  check_all_push_or_none(sections, routes, findings);
  return inbox;
}

}  // namespace callgate::config
