// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace callgate::cellar {
struct Wine {};
}  // namespace callgate::cellar
