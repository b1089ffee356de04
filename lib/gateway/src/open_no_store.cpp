// SPDX-License-Identifier: Apache-2.0
// Instead of open_store.cpp where the build was told to have no store.
#include "open_store.hpp"

namespace callgate::gateway {

base::Result<std::unique_ptr<delivery::Store>> open_store(const config::InboxSettings& settings,
                                                          const base::Clock&) {
  return base::fail("inbox '" + settings.path +
                    "': this build has no store for it; configure it with -DCALLGATE_STORE_SQLITE=ON");
}

}  // namespace callgate::gateway
