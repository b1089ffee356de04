// SPDX-License-Identifier: Apache-2.0
#include <callgate/console/run.hpp>
#include <callgate/gateway/lifecycle.hpp>

int main(int argc, char** argv) {
  return callgate::console::run(argc, argv, {.serve = &callgate::gateway::serve});
}
