// SPDX-License-Identifier: Apache-2.0
#pragma once
// When each key of a source was first and last seen, and what changed from one set to the next. Holds no more
// keys than the set has. One thread at a time.

#include <callgate/admin/commands.hpp>
#include <callgate/base/clock.hpp>
#include <callgate/oidc/discovery.hpp>
#include <string>
#include <vector>

namespace callgate::gateway {

class KeyHistory {
 public:
  // `keys` may be null: nothing serves. Returns what came and went ("+a -b"); empty if nothing did.
  std::string note(const oidc::Keys& keys, const std::string& source, base::WallTime now);

  const oidc::Keys& keys() const { return keys_; }
  const std::vector<admin::SeenKey>& seen() const { return seen_; }

 private:
  oidc::Keys keys_;
  std::vector<admin::SeenKey> seen_;  // of keys_, in its order
};

}  // namespace callgate::gateway
