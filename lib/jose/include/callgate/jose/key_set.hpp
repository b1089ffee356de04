// SPDX-License-Identifier: Apache-2.0
#pragma once
// An issuer's key set (RFC 7517 section 5). A key that cannot be used is skipped with a reason; the others
// stay. Two keys with one kid are both skipped: which was meant cannot be known. Immutable once parsed; any
// thread.

#include <callgate/base/error.hpp>
#include <callgate/jose/key.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::jose {

struct SkippedKey {
  std::string kid;  // empty if it has none
  std::string why;
};

struct KeySetLimits {
  std::size_t bytes_max = std::size_t{256} * 1024;
  std::size_t keys_max = 100;
};

class KeySet {
 public:
  // Fails only when the document as a whole is no key set. A set may come out without usable keys.
  static base::Result<KeySet> parse(std::string_view text, const KeySetLimits& limits = {});

  // The key of exactly this kid, byte for byte; null if there is none. Lives as long as the set.
  const Key* find(std::string_view kid) const;
  const std::vector<Key>& keys() const { return keys_; }
  const std::vector<SkippedKey>& skipped() const { return skipped_; }

 private:
  std::vector<Key> keys_;
  std::vector<SkippedKey> skipped_;
};

}  // namespace callgate::jose
