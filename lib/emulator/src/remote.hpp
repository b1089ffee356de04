// SPDX-License-Identifier: Apache-2.0
#pragma once
// The verbs that talk to a running emulator. Each blocks until it has the answer, prints to standard output
// (errors to standard error) and gives the exit code: 0 fine, 1 not as expected, 2 the emulator refused the
// order, 3 no emulator.

#include <callgate/http/url.hpp>
#include <string>

namespace callgate::emulator {

enum class OutputFormat { table, json };

// `order` is the JSON body of the endpoint.
int call(const http::Url& emulator, const std::string& order, OutputFormat format);
int token(const http::Url& emulator, const std::string& order);
int rotate(const http::Url& emulator);
int set_key_fault(const http::Url& emulator, const std::string& order);

}  // namespace callgate::emulator
