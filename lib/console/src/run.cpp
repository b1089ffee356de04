// SPDX-License-Identifier: Apache-2.0
#include <callgate/console/run.hpp>
#include <cstdio>

#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr const char* kHelp =
    "callgate proves signed webhook callbacks genuine and hands on only those.\n"
    "\n"
    "  callgate serve    run the gateway\n"
    "  callgate check    check the configuration, with --online also the issuer\n"
    "  callgate verify   explain a token: every check, margin, likely cause\n"
    "  callgate keys     show the key set this configuration gets, and what is not used\n"
    "  callgate inbox    look into the inbox, take events from it, queue them again or forget them\n"
    "  callgate version  version, commit, compiler and libraries\n"
    "\n"
    "callgate VERB --help shows the flags of a verb with their defaults.\n";

int serve(const std::vector<std::string>& arguments, const LongRunning& long_running) {
  const auto settings = config::read_serve(arguments);
  if (settings) return long_running.serve(*settings, [&] { return config::read_serve(arguments); });
  std::fputs(settings.error().text.c_str(), settings.error().exit_code == 0 ? stdout : stderr);
  return settings.error().exit_code;
}

}  // namespace

int run(int argc, const char* const* argv, const LongRunning& long_running) {
  const std::string verb = argc > 1 ? argv[1] : "";
  const std::vector<std::string> arguments(argv + (argc > 1 ? 2 : 1), argv + argc);
  if (verb == "serve") return serve(arguments, long_running);
  if (verb == "verify") return verify(arguments);
  if (verb == "check") return check(arguments);
  if (verb == "keys") return keys(arguments);
  if (verb == "inbox") return inbox(arguments);
  if (verb == "version" || verb == "--version") return version(arguments);
  if (verb == "help" || verb == "--help" || verb == "-h") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (!verb.empty()) std::fprintf(stderr, "callgate: there is no verb '%s'\n\n", verb.c_str());
  std::fputs(kHelp, stderr);
  return 2;
}

}  // namespace callgate::console
