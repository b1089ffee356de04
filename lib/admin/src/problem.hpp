// SPDX-License-Identifier: Apache-2.0
#pragma once
// Problem documents of the admin port (RFC 9457). Pure.

#include <callgate/http/message.hpp>
#include <string_view>

namespace callgate::admin {

// The title is the status's phrase; `detail` says what to do instead and holds no secret.
http::Response problem(int status, std::string_view detail);

}  // namespace callgate::admin
