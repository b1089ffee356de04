// SPDX-License-Identifier: Apache-2.0
#pragma once
// The proxies that the environment names for fetching: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, each
// in small letters first.

#include <callgate/http/proxy.hpp>

namespace callgate::config {

// Any thread: nobody writes the environment.
http::Proxies read_proxies();

}  // namespace callgate::config
