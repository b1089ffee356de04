// SPDX-License-Identifier: Apache-2.0
#include "key_history.hpp"

#include <algorithm>
#include <callgate/json/writer.hpp>

namespace callgate::gateway {
namespace {

// A kid alone is no identity: an issuer may give it to another key.
const admin::SeenKey* find_same(const std::vector<admin::SeenKey>& keys, const admin::SeenKey& key) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const admin::SeenKey& other) {
    return other.kid == key.kid && other.thumbprint == key.thumbprint;
  });
  return found == keys.end() ? nullptr : &*found;
}

admin::SeenKey describe(const jose::Key& key) {
  admin::SeenKey seen;
  seen.kid = key.kid();
  seen.type = std::string(jose::to_text(key.type()));
  if (key.algorithm()) seen.algorithm = std::string(jose::to_text(*key.algorithm()));
  seen.bits = key.bits();
  seen.thumbprint = key.thumbprint();
  return seen;
}

// A key id is the issuer's text: one with a space could pass for two.
std::string shown(const std::string& kid) {
  const bool plain = !kid.empty() && std::all_of(kid.begin(), kid.end(),
                                                 [](char c) { return c > 0x20 && c < 0x7F && c != '"'; });
  return plain ? kid : json::quote(kid);
}

}  // namespace

std::string KeyHistory::note(const oidc::Keys& keys, const std::string& source, base::WallTime now) {
  std::vector<admin::SeenKey> seen;
  std::string changes;
  if (keys) {
    for (const jose::Key& key : keys->keys()) {
      admin::SeenKey entry = describe(key);
      const admin::SeenKey* before = find_same(seen_, entry);
      if (before == nullptr) changes += " +" + shown(entry.kid);
      entry.first_seen = before == nullptr ? now : before->first_seen;
      entry.last_seen = now;
      entry.source = source;
      seen.push_back(std::move(entry));
    }
  }
  for (const admin::SeenKey& old : seen_) {
    if (find_same(seen, old) == nullptr) changes += " -" + shown(old.kid);
  }
  keys_ = keys;
  seen_ = std::move(seen);
  return changes.empty() ? changes : changes.substr(1);
}

}  // namespace callgate::gateway
