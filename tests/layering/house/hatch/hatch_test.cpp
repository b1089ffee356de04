// SPDX-License-Identifier: Apache-2.0
#include <callgate/hall/hall.hpp>
