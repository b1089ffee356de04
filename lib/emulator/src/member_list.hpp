// SPDX-License-Identifier: Apache-2.0
#pragma once
// The members of one JSON object in order, their values as JSON texts that are trusted to be well formed: a
// token's header or claims on the way to being written. A plain value.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callgate::emulator {

class MemberList {
 public:
  // Replaces the member of that name where it stands, or adds it at the end.
  void set(std::string_view name, std::string json);
  void remove(std::string_view name);
  // Every member of `changes` replaces or adds one here; the value null removes it.
  void apply(const MemberList& changes);

  bool empty() const { return members_.empty(); }
  std::string text() const;  // the object

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

}  // namespace callgate::emulator
