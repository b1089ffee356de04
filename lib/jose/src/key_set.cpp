// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/jose/key_set.hpp>
#include <map>

namespace callgate::jose {
namespace {

std::string kid_of(const json::Value& entry) {
  const auto kid = entry.find("kid");
  return std::string(kid ? kid->as_string().value_or("") : "");
}

}  // namespace

base::Result<KeySet> KeySet::parse(std::string_view text, const KeySetLimits& limits) {
  if (text.size() > limits.bytes_max)
    return base::fail("the key set is larger than " + std::to_string(limits.bytes_max) + " bytes");
  const auto document = json::parse(text);
  if (!document) {
    return base::fail("the key set is not JSON: " + document.error().what + " at byte " +
                      std::to_string(document.error().offset));
  }
  const auto entries = document->root().find("keys");
  if (!entries || !entries->is_array()) return base::fail("the key set has no array 'keys'");
  if (entries->size() > limits.keys_max) {
    return base::fail("the key set has more than " + std::to_string(limits.keys_max) + " keys");
  }
  const auto elements = entries->elements();
  std::map<std::string, int> holders;
  for (const json::Value& entry : elements) ++holders[kid_of(entry)];
  KeySet set;
  for (const json::Value& entry : elements) {
    auto key = Key::parse(entry);
    if (!key) {
      set.skipped_.push_back({kid_of(entry), key.error().why});
    } else if (holders[key->kid()] > 1) {
      set.skipped_.push_back({key->kid(), "another key of the set has the same kid"});
    } else {
      set.keys_.push_back(std::move(*key));
    }
  }
  return set;
}

const Key* KeySet::find(std::string_view kid) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.kid() == kid; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace callgate::jose
