// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <simdjson.h>

#include <boost/version.hpp>
#include <callgate/json/writer.hpp>
#include <cstdio>
#include <utility>

#include "inbox_file.hpp"
#include "verbs.hpp"

namespace callgate::console {

int version(const std::vector<std::string>& arguments) {
  const auto settings = config::read_version(arguments);
  if (!settings) {
    std::fputs(settings.error().text.c_str(), settings.error().exit_code == 0 ? stdout : stderr);
    return settings.error().exit_code;
  }
  const std::pair<const char*, std::string> lines[] = {
      {"version", CALLGATE_VERSION},
      {"commit", CALLGATE_COMMIT},
      {"compiler", "g++ " __VERSION__},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"boost",
       fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
      {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
      {"simdjson", fmt::format("{}.{}.{}", static_cast<int>(simdjson::SIMDJSON_VERSION_MAJOR),
                               static_cast<int>(simdjson::SIMDJSON_VERSION_MINOR),
                               static_cast<int>(simdjson::SIMDJSON_VERSION_REVISION))},
      {"sqlite", inbox_library()},
      {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
  };
  if (settings->json) {
    json::Writer out;
    out.begin_object();
    for (const auto& [name, value] : lines) out.member(name, std::string_view(value));
    out.end_object();
    std::printf("%s\n", out.text().c_str());
    return 0;
  }
  for (const auto& [name, value] : lines) std::printf("%-9s %s\n", name, value.c_str());
  return 0;
}

}  // namespace callgate::console
