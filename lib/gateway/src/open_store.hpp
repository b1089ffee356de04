// SPDX-License-Identifier: Apache-2.0
#pragma once
// Opens the store that the settings name. The one place that knows which stores this build has.

#include <callgate/base/clock.hpp>
#include <callgate/base/error.hpp>
#include <callgate/config/settings.hpp>
#include <callgate/delivery/store.hpp>
#include <memory>

namespace callgate::gateway {

// `clock` must outlive the store. An error says what is wrong with the file and what to do.
base::Result<std::unique_ptr<delivery::Store>> open_store(const config::InboxSettings& settings,
                                                          const base::Clock& clock);

}  // namespace callgate::gateway
