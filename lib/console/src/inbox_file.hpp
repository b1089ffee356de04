// SPDX-License-Identifier: Apache-2.0
#pragma once
// The inbox's file, opened by a person's command. The one place that knows which stores this build has.

#include <callgate/base/error.hpp>
#include <callgate/delivery/store.hpp>
#include <memory>
#include <string>

namespace callgate::console {

// The file must be there; nothing in it is too old to keep, whatever its gateway is set to. An error says
// what is wrong and what to do.
base::Result<std::unique_ptr<delivery::Store>> open_inbox_file(const std::string& path);

// The version of the library behind it; "-": this build has none.
std::string inbox_library();

}  // namespace callgate::console
