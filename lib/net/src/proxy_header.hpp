// SPDX-License-Identifier: Apache-2.0
#pragma once
// The header that a proxy puts before the bytes of a connection (the PROXY protocol of HAProxy, versions 1
// and 2), which names whom the proxy speaks for. Strict: what two readers could take differently is
// malformed. Pure and total, any thread.

#include <callgate/http/network.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

namespace callgate::net {

struct ProxyHeader {
  std::size_t size = 0;  // bytes of the header; what follows belongs to the connection
  // Nothing: the proxy speaks for itself (LOCAL), or does not know or name an IP address.
  std::optional<http::Address> source;
};

enum class NoProxyHeader {
  incomplete,  // so far it could become one
  malformed,
};

// Most bytes that an incomplete header can have.
inline constexpr std::size_t kProxyHeaderBytesMax = 16 + 2048;

// `bytes`: all that has arrived since the connection began.
tl::expected<ProxyHeader, NoProxyHeader> parse_proxy_header(std::string_view bytes);

}  // namespace callgate::net
