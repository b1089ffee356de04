// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells public addresses from those of this machine and its own networks (RFC 6890), so that a document
// cannot send us to them. Pure.

#include <sys/socket.h>

namespace callgate::keys_http {

// False for loopback, link-local, private, shared and unspecified addresses, for IPv4 ones inside IPv6, and
// for families other than IPv4 and IPv6.
bool is_public_address(const sockaddr* address);

}  // namespace callgate::keys_http
