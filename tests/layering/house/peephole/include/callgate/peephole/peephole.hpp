// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <callgate/cellar/cellar.hpp>
