// SPDX-License-Identifier: Apache-2.0
#pragma once
// Configuration files as texts: "f.toml" in the folder "etc", and secrets that are not on the disk.

#include <string>
#include <string_view>

#include "settle.hpp"

namespace callgate::config {

inline SecretSource secrets_for_test() {
  const auto one = [](const std::string& name) -> base::Result<Secret> {
    if (name == "etc/secret.txt" || name == "SECRET")
      return Secret{base::Redacted<std::string>("s3cret"), ""};
    if (name == "etc/hand-over.txt")
      return Secret{base::Redacted<std::string>("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"), ""};
    if (name == "etc/open.txt") return Secret{base::Redacted<std::string>("s3cret"), "open.txt is open"};
    return base::fail("cannot read '" + name + "'");
  };
  return {one, one};
}

inline tl::expected<ServeSettings, std::string> parse_from_memory(std::string_view text) {
  return parse_settings(text, "f.toml", "etc", secrets_for_test());
}

}  // namespace callgate::config
