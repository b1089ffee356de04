// SPDX-License-Identifier: Apache-2.0
#pragma once
// The command line of callgate: picks the verb and runs it. Main thread only.

#include <callgate/config/settings.hpp>
#include <functional>

namespace callgate::console {

// Verbs that live in rooms beside this one.
struct LongRunning {
  // Settings to begin with, and how to read them again.
  std::function<int(const config::ServeSettings&,
                    const std::function<tl::expected<config::ServeSettings, config::Stop>()>&)>
      serve;
};

// Returns the process's exit code.
int run(int argc, const char* const* argv, const LongRunning& long_running);

}  // namespace callgate::console
