// SPDX-License-Identifier: Apache-2.0
#include "member_list.hpp"

#include <algorithm>
#include <callgate/json/writer.hpp>

namespace callgate::emulator {

void MemberList::set(std::string_view name, std::string json) {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [&](const auto& m) { return m.first == name; });
  if (found == members_.end()) {
    members_.emplace_back(name, std::move(json));
  } else {
    found->second = std::move(json);
  }
}

void MemberList::remove(std::string_view name) {
  std::erase_if(members_, [&](const auto& member) { return member.first == name; });
}

void MemberList::apply(const MemberList& changes) {
  for (const auto& [name, json] : changes.members_) {
    if (json == "null") {
      remove(name);
    } else {
      set(name, json);
    }
  }
}

std::string MemberList::text() const {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, json] : members_) out.name(name).raw(json);
  out.end_object();
  return out.take();
}

}  // namespace callgate::emulator
