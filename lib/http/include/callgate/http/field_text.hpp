// SPDX-License-Identifier: Apache-2.0
#pragma once
// Any text as the value of a header field. Pure, total, any thread.

#include <string>
#include <string_view>

namespace callgate::http {

// Visible ASCII as it is, every other byte and '%' percent-encoded: a claim can hold anything, a field value
// cannot.
std::string field_text(std::string_view text);

}  // namespace callgate::http
