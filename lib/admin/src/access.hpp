// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who may ask the admin port. Each check gives the answer that refuses, or nothing. Pure.

#include <callgate/admin/site.hpp>
#include <optional>

namespace callgate::admin {

// 421 unless the request names this port by an address, as "localhost" or by the configured host. A page
// whose own name was made to lead here (DNS rebinding) cannot do that.
std::optional<http::Response> check_host(const SiteSettings& settings, const http::RequestHead& head);

// 401 unless the configured token was sent.
std::optional<http::Response> check_token(const SiteSettings& settings, const http::RequestHead& head);

// 403 where a browser says that another site's page sends this (Fetch Metadata, RFC 6454). What sends
// neither field is no browser, or one too old to be safe with any port.
std::optional<http::Response> check_same_site(const http::RequestHead& head);

}  // namespace callgate::admin
