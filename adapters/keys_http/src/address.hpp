// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells public addresses from those of this machine and its own networks (RFC 6890), so that a document
// cannot send us to them. Pure.

#include <sys/socket.h>

#include <string>

namespace callgate::keys_http {

// False for loopback, link-local, private, shared, reserved and unspecified addresses, for the address at
// which a cloud's host serves its guests, and for families other than IPv4 and IPv6. IPv6 addresses that
// stand for an IPv4 one (mapped, NAT64, 6to4) are judged as that.
bool is_public_address(const sockaddr* address);

// Whether a URL spells out an address that is not public, in any form that resolvers take ("127.1",
// "2130706433", "0x7f.0.0.1"), or this machine's own name. Other names are not looked up.
bool names_private_host(const std::string& url);

}  // namespace callgate::keys_http
