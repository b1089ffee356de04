// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where secrets come from: files and the environment, never the configuration itself; and whether files that
// others read later are there. Injected, so that judging a configuration touches no disk in tests.

#include <callgate/base/error.hpp>
#include <callgate/base/redacted.hpp>
#include <functional>
#include <string>

namespace callgate::config {

struct Secret {
  base::Redacted<std::string> value;  // one line, not empty
  std::string warning;                // others can read the file; empty: fine
};

struct SecretSource {
  std::function<base::Result<Secret>(const std::string& path)> from_file;
  std::function<base::Result<Secret>(const std::string& name)> from_environment;
  // Why this user cannot read a file; empty: it can. Null: nobody asks.
  std::function<std::string(const std::string& path)> why_unreadable{};
};

// The real ones. At most 4 KiB; a newline at the end does not count.
SecretSource system_secrets();

}  // namespace callgate::config
