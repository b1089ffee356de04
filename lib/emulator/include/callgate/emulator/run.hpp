// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole of callgate-emulator behind its command line: stands in for Azure Communication Services, so that
// a gateway can be tried and tested without Azure. Call it once, from main(); it starts and joins its own
// threads.

namespace callgate::emulator {

// The exit code: 0 done (for `call`: all as expected), 1 something came out otherwise, 2 usage or start-up,
// 3 the emulator that a verb talks to could not be reached.
int run(int argc, const char* const* argv);

}  // namespace callgate::emulator
