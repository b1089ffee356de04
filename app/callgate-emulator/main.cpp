// SPDX-License-Identifier: Apache-2.0
#include <callgate/emulator/run.hpp>

int main(int argc, char** argv) {
  return callgate::emulator::run(argc, argv);
}
