// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which callgate these headers are of. Before 1.0 a new minor number may change any of them.

#define CALLGATE_VERSION_MAJOR 0
#define CALLGATE_VERSION_MINOR 1
#define CALLGATE_VERSION_PATCH 0
#define CALLGATE_VERSION_STRING "0.1.0"

// For comparisons: #if CALLGATE_VERSION_NUMBER >= 10200 is "at least 1.2.0".
#define CALLGATE_VERSION_NUMBER \
  (CALLGATE_VERSION_MAJOR * 10000 + CALLGATE_VERSION_MINOR * 100 + CALLGATE_VERSION_PATCH)
