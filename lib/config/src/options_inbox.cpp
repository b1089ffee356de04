// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/config/duration.hpp>
#include <callgate/config/file.hpp>
#include <callgate/config/inbox_command.hpp>
#include <callgate/delivery/identity.hpp>

#include "command_line.hpp"
#include "file_sections.hpp"
#include "flags.hpp"
#include "nearest.hpp"

namespace callgate::config {
namespace {

using namespace std::chrono_literals;

constexpr int kEventsMax = 1000;
constexpr std::chrono::milliseconds kLeaseLeast = 1s, kLeaseMost = 30min;

// As written, before it is typed.
struct Written {
  std::string admin, token_file, inbox, config, output = "text";
  std::string state, lease = "60s";
};

void add_list(CLI::App& app, InboxCommand& command, Written& written) {
  app.add_option("--state", written.state, "Only queued, delivered, taken or dead; default: any")
      ->check(CLI::IsMember({"queued", "delivered", "taken", "dead"}));
  app.add_option("--call", command.call,
                 "Only events of this call, by its connection id or its name as list shows it; default: any");
  app.add_option("--limit", command.limit, "Events at most, 1 to 1000")
      ->check(CLI::Range(1, kEventsMax))
      ->capture_default_str();
  app.add_option("--after", command.after, "Only events with a greater number, for the next page")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_show(CLI::App& app, InboxCommand& command, Written&) {
  app.add_option("KEY", command.keys, "The event's key (evt_...)")->required()->expected(1);
}

void add_take(CLI::App& app, InboxCommand& command, Written& written) {
  app.add_option("--max", command.most, "Events at most, 1 to 1000")
      ->check(CLI::Range(1, kEventsMax))
      ->capture_default_str();
  app.add_option("--lease", written.lease,
                 "How long nobody else gets them, 1s to 30m; what is not acknowledged then comes again")
      ->type_name("DURATION")
      ->capture_default_str();
}

void add_ack(CLI::App& app, InboxCommand& command, Written&) {
  app.add_option("LEASE", command.lease_id, "The lease, as take gave it")->required();
  app.add_option("KEY", command.keys, "Events of the lease; default: all of them");
}

void add_redeliver(CLI::App& app, InboxCommand& command, Written&) {
  app.add_option("KEY", command.keys, "The events' keys (evt_...)")->required();
}

void add_forget(CLI::App& app, InboxCommand& command, Written&) {
  app.add_option("CALL", command.call, "The call's connection id, or its name as list shows it")->required();
}

void add_stats(CLI::App&, InboxCommand&, Written&) {}

struct Verb {
  InboxVerb verb;
  const char* name;
  const char* arguments;
  const char* does;
  void (*add)(CLI::App&, InboxCommand&, Written&);
};

constexpr std::array kVerbs{
    Verb{InboxVerb::list, "list", "", "Shows events and how they stand; neither bodies nor queries",
         add_list},
    Verb{
        InboxVerb::show, "show", "KEY",
        "Shows one event with what was proven of it, but not its body, which comes with take alone: personal "
        "data may stand in it",
        add_show},
    Verb{InboxVerb::take, "take", "", "Lends the next events, bodies included, so that you work on them",
         add_take},
    Verb{InboxVerb::ack, "ack", "LEASE [KEY...]", "Says that the events of a lease are done", add_ack},
    Verb{InboxVerb::redeliver, "redeliver", "KEY...",
         "Queues events again, in their old place, as if never tried", add_redeliver},
    Verb{InboxVerb::forget, "forget", "CALL", "Deletes everything of a call, whatever its state", add_forget},
    Verb{InboxVerb::stats, "stats", "", "Counts what is there", add_stats},
};

std::string overview() {
  std::string text =
      "Works on the inbox: through --admin URL where a gateway runs, else on its file.\n"
      "Usage: callgate inbox VERB [OPTIONS]\n\n";
  for (const Verb& verb : kVerbs) {
    std::string head = std::string(verb.name) + " " + verb.arguments;
    head.resize(std::max<std::size_t>(head.size(), 20), ' ');
    text += "  " + head + "  " + verb.does + "\n";
  }
  return text +
         "\nEvery verb takes --admin URL, --admin-token-file FILE, --inbox FILE, --config FILE, -o "
         "text|json.\n"
         "Defaults: list --limit 100, take --max 10 --lease 60s, ack all of the lease, -o text.\n"
         "callgate inbox VERB --help says more.\n"
         "Exit: 0 done, 1 nothing there, not all done or not to be reached, 2 usage.\n";
}

Stop no_verb(const std::string& word) {
  if (word.empty()) return {2, overview()};
  std::vector<std::string_view> names;
  names.reserve(kVerbs.size());
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  return usage("inbox", "there is no " + in_quotes(word) + did_you_mean(word, names));
}

// What [inbox] path of the file says; the rest of it is for serve.
tl::expected<std::string, Stop> path_in(const std::string& verb, const std::string& file) {
  const auto text = load_file(file, kConfigFileBytesMax);
  if (!text) return tl::unexpected(usage(verb, "--config: " + text.error().message));
  Findings findings;
  const Sections sections = parse_sections(*text, file, folder_of(file), findings);
  if (!findings.empty()) return tl::unexpected(Stop{2, findings.text("callgate " + verb + ": ")});
  std::string path = sections.inbox.text_or_empty("path");
  if (!path.empty()) return path;
  return tl::unexpected(
      usage(verb, in_quotes(file) + " names no inbox: it has no [inbox] with a path; write --inbox FILE"));
}

tl::expected<void, Stop> find_inbox(const std::string& verb, const Written& written, InboxCommand& command) {
  if (!written.admin.empty()) {
    auto address = read_admin(verb, written.admin, written.token_file);
    if (!address) return tl::unexpected(address.error());
    command.admin = std::move(address->url);
    command.admin_token = std::move(address->token);
    return {};
  }
  command.file = written.inbox;
  if (!command.file.empty()) return {};
  if (written.config.empty())
    return tl::unexpected(usage(verb,
                                "which inbox? Write --admin URL where a gateway runs, else --inbox FILE or "
                                "--config FILE"));
  auto path = path_in(verb, written.config);
  if (!path) return tl::unexpected(path.error());
  command.file = std::move(*path);
  return {};
}

tl::expected<void, Stop> type_values(const std::string& verb, const Written& written, InboxCommand& command) {
  command.json = written.output == "json";
  command.state = delivery::find_state(written.state);
  const auto lease = parse_duration(written.lease);
  if (!lease || *lease < kLeaseLeast || *lease > kLeaseMost || *lease % 1s != 0ms)
    return tl::unexpected(usage(
        verb, "--lease: " + in_quotes(written.lease) + " is not a duration from 1s to 30m in whole seconds"));
  command.lease = std::chrono::duration_cast<std::chrono::seconds>(*lease);
  if (command.call.size() > delivery::kWrittenCallMost)
    return tl::unexpected(usage(verb, "the call: its id has more than " +
                                          std::to_string(delivery::kWrittenCallMost) +
                                          " bytes; write its name as list shows it, 'call:' and 64 digits"));
  return {};
}

}  // namespace

tl::expected<InboxCommand, Stop> read_inbox(const std::vector<std::string>& arguments) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "--help" || word == "-h" || word == "help") return tl::unexpected(Stop{0, overview()});
  const auto* verb =
      std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& one) { return one.name == word; });
  if (verb == kVerbs.end()) return tl::unexpected(no_verb(word));
  const std::string name = "inbox " + word;
  InboxCommand command;
  command.verb = verb->verb;
  Written written;
  CLI::App app(
      std::string(verb->does) + ".\nExit: 0, 1 nothing there, not all done or not to be reached, 2 usage.",
      "callgate " + name);
  verb->add(app, command, written);
  add_admin(app, written.admin, written.token_file);
  with_environment(app.add_option("--inbox", written.inbox, "The inbox's file, where no gateway has it open")
                       ->type_name("FILE"));
  with_environment(
      app.add_option("--config", written.config, "Configuration file that names it: [inbox] path")
          ->type_name("FILE"));
  add_output(app, written.output);
  if (auto parsed = parse(app, name, {arguments.begin() + 1, arguments.end()}); !parsed)
    return tl::unexpected(parsed.error());
  if (auto typed = type_values(name, written, command); !typed) return tl::unexpected(typed.error());
  if (auto found = find_inbox(name, written, command); !found) return tl::unexpected(found.error());
  return command;
}

}  // namespace callgate::config
