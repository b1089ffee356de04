// SPDX-License-Identifier: Apache-2.0
#pragma once
// The last good key set on disk, so that a restart during an outage of the issuer works. The file holds
// public keys only, but whoever can write it can make us trust theirs: it is made with mode 0600, replaced
// whole, and judged when read.

#include <callgate/base/clock.hpp>
#include <callgate/base/error.hpp>
#include <callgate/oidc/discovery.hpp>
#include <string>

namespace callgate::keys_http {

struct KeptKeys {
  oidc::Keys keys;
  base::WallTime confirmed_at;  // when the issuer last showed them
};

// `text` is the key set document as the issuer sent it.
base::Result<void> save_keys(const std::string& path, const std::string& issuer, const std::string& text,
                             base::WallTime confirmed_at);

// Refuses a file that others own or can write, that is of another issuer, or that holds no usable key.
base::Result<KeptKeys> load_keys(const std::string& path, const std::string& issuer);

}  // namespace callgate::keys_http
