// SPDX-License-Identifier: Apache-2.0
#include "flags.hpp"

#include <cctype>

namespace callgate::config {
namespace {

constexpr const char* kImplicitName = "acs";
constexpr const char* kImplicitPath = "/api/callback";

std::string environment_name(const std::string& flag) {
  std::string name = "CALLGATE_";
  for (const char c : flag.substr(flag.find_first_not_of('-')))
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

const char* type_name(Kind kind) {
  switch (kind) {
    case Kind::file:
      return "FILE";
    case Kind::count:
      return "NUMBER";
    case Kind::size:
      return "SIZE";
    case Kind::duration:
      return "DURATION";
    default:
      return "TEXT";
  }
}

bool is_of_one_provider(const Key& key) {
  return key.table == "provider" || key.table == "route";
}

std::string help_of(const Key& key) {
  std::string help(key.meaning);
  if (!key.choices.empty()) {
    std::string choices(key.choices);
    for (std::size_t at = choices.find('|'); at != std::string::npos; at = choices.find('|', at + 2))
      choices.replace(at, 1, ", ");
    help += ": " + choices;
  }
  if (key.most > 0) help += "; " + to_text(key.kind, key.least) + " to " + to_text(key.kind, key.most);
  return help;
}

Section& section_of(Sections& sections, std::string_view table) {
  if (table == "keys") return sections.keys;
  if (table == "log") return sections.log;
  if (table == "inbox") return sections.inbox;
  return sections.server;
}

}  // namespace

CLI::Option* with_environment(CLI::Option* option) {
  return option->envname(environment_name(option->get_name()));
}

Flags::Flags(CLI::App& app, Reach reach) {
  with_environment(app.add_option("--config", config_file_,
                                  "Configuration file (TOML); flags and variables beat what it says")
                       ->type_name("FILE"));
  for (const Key& key : all_keys()) {
    if (key.flag.empty()) continue;
    const bool of_provider = key.table == "provider" || key.flag == "--keys-ca";
    if (reach == Reach::serve || of_provider) add(app, key);
  }
}

void Flags::add(CLI::App& app, const Key& key) {
  Flag& flag = flags_.emplace_back(Flag{&key});
  const std::string name(key.flag);
  if (key.kind == Kind::boolean) {
    flag.option = with_environment(app.add_flag(name, flag.on, help_of(key)));
    return;
  }
  flag.option = app.add_option(name, flag.values, help_of(key))->type_name(type_name(key.kind));
  flag.option->allow_extra_args(false);
  if (key.kind != Kind::list) flag.option->multi_option_policy(CLI::MultiOptionPolicy::Throw)->expected(1);
  const std::string_view shown = key.fallback.empty() ? key.default_note : key.fallback;
  if (!shown.empty()) flag.option->default_str(std::string(shown));
  with_environment(flag.option);
}

Entry Flags::entry_of(const Flag& flag) {
  Entry entry{Label{std::string(flag.key->flag)}, {}, true};
  if (flag.key->kind == Kind::boolean) entry.items.push_back({flag.on ? "true" : "false", entry.label});
  for (const std::string& value : flag.values) {
    std::string_view rest = value;
    std::size_t comma = flag.key->kind == Kind::list ? rest.find(',') : std::string_view::npos;
    // An empty part is an item too, so that somebody looks at it.
    for (; comma != std::string_view::npos; comma = rest.find(',')) {
      entry.items.push_back({std::string(rest.substr(0, comma)), entry.label});
      rest.remove_prefix(comma + 1);
    }
    entry.items.push_back({std::string(rest), entry.label});
  }
  return entry;
}

void Flags::add_implicit(Sections& sections) const {
  const auto set = [](Section& section, const char* name, const char* value) {
    const Label label{section.name_for_reader(name)};
    section.set(name, {label, {{value, label}}, true});
  };
  Section provider("provider");
  Section route("route");
  set(provider, "name", kImplicitName);
  set(route, "path", kImplicitPath);
  set(route, "providers", kImplicitName);
  if (sections.inbox.has("path")) set(route, "deliver", "inbox");
  for (const Flag& flag : flags_) {
    if (flag.option->count() == 0 || !is_of_one_provider(*flag.key)) continue;
    (flag.key->table == "provider" ? provider : route).set(flag.key->name, entry_of(flag));
  }
  sections.providers.push_back(std::move(provider));
  sections.routes.push_back({std::move(route), {}});
}

void Flags::apply(Sections& sections, Findings& findings) const {
  const bool named = !sections.providers.empty() || !sections.routes.empty();
  for (const Flag& flag : flags_) {
    if (flag.option->count() == 0) continue;
    if (!is_of_one_provider(*flag.key)) {
      section_of(sections, flag.key->table).set(flag.key->name, entry_of(flag));
    } else if (named) {
      findings.add({std::string(flag.key->flag)}, "cannot stand beside [[provider]] or [[route]] in " +
                                                      sections.file.text + "; write " +
                                                      std::string(flag.key->name) + " there");
    }
  }
  if (!named) add_implicit(sections);
}

}  // namespace callgate::config
