// SPDX-License-Identifier: Apache-2.0
#include "inbox_file.hpp"

namespace callgate::console {

base::Result<std::unique_ptr<delivery::Store>> open_inbox_file(const std::string& path) {
  return base::fail("inbox '" + path +
                    "': this callgate was built without SQLite; ask the gateway that has it open through "
                    "--admin, or build with CALLGATE_STORE_SQLITE=ON");
}

std::string inbox_library() {
  return "-";
}

}  // namespace callgate::console
