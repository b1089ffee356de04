// SPDX-License-Identifier: Apache-2.0
#include "file_sections.hpp"

#include <algorithm>

#include "nearest.hpp"
#include "toml.hpp"
#include "toml_guard.hpp"

namespace callgate::config {
namespace {

std::string_view expected_by(Kind kind) {
  switch (kind) {
    case Kind::text:
    case Kind::file:
      return "text in quotes";
    case Kind::boolean:
      return "true or false, without quotes";
    case Kind::count:
      return "a whole number, without quotes";
    case Kind::size:
      return "a size such as \"64KiB\", or a whole number of bytes";
    case Kind::duration:
      return "a duration in quotes such as \"30s\"";
    case Kind::list:
      return "a list of texts such as [\"a\", \"b\"]";
  }
  return "";
}

std::string_view name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::string header_of(const Table& table) {
  return (table.repeated ? "[[" : "[") + std::string(table.name) + (table.repeated ? "]]" : "]");
}

// A table and the tables in it.
struct Reading {
  Section section;
  std::vector<Section> inner;
};

class Reader {
 public:
  Reader(std::string file, std::string folder, Findings& findings)
      : file_(std::move(file)), folder_(std::move(folder)), findings_(findings) {}

  Sections read(const toml::table& root) {
    Sections sections;
    sections.file = {file_, kWholeFile};
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      const Table* table = name.find('.') == std::string::npos ? find_table(name) : nullptr;
      if (table == nullptr) {
        report_unknown(key.source(), node.is_table() ? "[" + name + "]" : name, name, "");
      } else if (!table->available) {
        findings_.add(label(node.source(), header_of(*table)),
                      "is not available in this version; leave it out");
      } else {
        for (const toml::table* one : tables_of(node, *table)) place(sections, read_table(*one, *table));
      }
    }
    return sections;
  }

  Label label(const toml::source_region& source, const std::string& name) const {
    const auto [line, column] = source.begin;
    return {file_ + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + name, line, column};
  }

 private:
  // The tables under a name that is known; a finding if something else stands there.
  std::vector<const toml::table*> tables_of(const toml::node& node, const Table& table) {
    if (!table.repeated && node.is_table()) return {node.as_table()};
    if (table.repeated && node.is_array_of_tables()) {
      std::vector<const toml::table*> found;
      for (const toml::node& one : *node.as_array()) found.push_back(one.as_table());
      return found;
    }
    findings_.add(label(node.source(), std::string(table.name)),
                  "expected a table with the header " + header_of(table) + ", found " +
                      std::string(node.is_array_of_tables() ? "several tables" : name_of(node.type())));
    return {};
  }

  Reading read_table(const toml::table& written, const Table& table) {
    Reading reading{Section(table.name, label(written.source(), header_of(table))), {}};
    for (const auto& [key, node] : written) {
      const std::string name(key.str());
      if (const Table* inner = find_table(std::string(table.name) + "." + name)) {
        for (const toml::table* one : tables_of(node, *inner))
          reading.inner.push_back(read_table(*one, *inner).section);
      } else if (const Key* known = find_key(table.name, name)) {
        reading.section.set(name, read_entry(node, *known));
      } else {
        report_unknown(key.source(), name, name, table.name);
      }
    }
    return reading;
  }

  Entry read_entry(const toml::node& node, const Key& key) {
    Entry entry{label(node.source(), std::string(key.name)), {}, true};
    const toml::array* list = key.kind == Kind::list ? node.as_array() : nullptr;
    if (list == nullptr) {
      read_item(node, key, key.kind, entry);
      return entry;
    }
    for (const toml::node& one : *list) read_item(one, key, Kind::text, entry);
    return entry;
  }

  // Adds the value to the entry as text, or reports its type.
  void read_item(const toml::node& node, const Key& key, Kind kind, Entry& entry) {
    const Label where = label(node.source(), std::string(key.name));
    const bool may_be_text =
        kind == Kind::text || kind == Kind::file || kind == Kind::size || kind == Kind::duration;
    if (const auto* text = node.as_string(); text != nullptr && may_be_text) {
      entry.items.push_back({kind == Kind::file ? from_folder(text->get()) : text->get(), where});
    } else if (const auto* number = node.as_integer();
               number != nullptr && (kind == Kind::count || kind == Kind::size)) {
      entry.items.push_back({std::to_string(number->get()), where});
    } else if (const auto* on = node.as_boolean(); on != nullptr && kind == Kind::boolean) {
      entry.items.push_back({on->get() ? "true" : "false", where});
    } else {
      findings_.add(where, "expected " + std::string(expected_by(kind)) + ", found " +
                               std::string(name_of(node.type())));
      entry.sound = false;
    }
  }

  std::string from_folder(const std::string& path) const {
    return path.empty() || path.starts_with('/') || folder_.empty() ? path : folder_ + "/" + path;
  }

  // `table` is empty for names at the top.
  void report_unknown(const toml::source_region& source, const std::string& shown, const std::string& name,
                      std::string_view table) {
    const std::string inner_prefix = table.empty() ? "" : std::string(table) + ".";
    std::vector<std::string_view> known;
    for (const Key& key : all_keys()) {
      if (key.table == table) known.push_back(key.name);
    }
    for (const Table& one : all_tables()) {
      if (!one.name.starts_with(inner_prefix)) continue;
      const std::string_view rest = one.name.substr(inner_prefix.size());
      if (rest.find('.') == std::string_view::npos) known.push_back(rest);
    }
    const std::string shown_plain = in_quotes(shown);
    findings_.add(label(source, shown_plain.substr(1, shown_plain.size() - 2)),
                  "is not known" + did_you_mean(name, known) + "; see docs/configuration.md");
  }

  static void place(Sections& sections, Reading reading) {
    const std::string_view table = reading.section.table();
    if (table == "provider") {
      sections.providers.push_back(std::move(reading.section));
    } else if (table == "route") {
      RouteSections& route = sections.routes.emplace_back(RouteSections{std::move(reading.section), {}});
      if (!reading.inner.empty()) route.query_secret = std::move(reading.inner.front());
    } else if (table == "server") {
      sections.server = std::move(reading.section);
      for (Section& inner : reading.inner) {
        if (inner.table() == "server.tls")
          sections.tls = std::move(inner);
        else
          sections.limits = std::move(inner);
      }
    } else {
      (table == "keys"    ? sections.keys
       : table == "log"   ? sections.log
       : table == "inbox" ? sections.inbox
                          : sections.replay) = std::move(reading.section);
    }
  }

  std::string file_;
  std::string folder_;
  Findings& findings_;
};

}  // namespace

Sections parse_sections(std::string_view text, const std::string& file, const std::string& folder,
                        Findings& findings) {
  Reader reader(file, folder, findings);
  if (const auto unfit = find_unfit(text)) {
    toml::source_region place;
    place.begin = {unfit->line, unfit->column};
    findings.add(reader.label(place, "not TOML"), unfit->what);
    return {};
  }
  const toml::parse_result parsed = toml::parse(text, std::string_view(file));
  if (!parsed) {
    findings.add(reader.label(parsed.error().source(), "not TOML"),
                 std::string(parsed.error().description()));
    return {};
  }
  return reader.read(parsed.table());
}

}  // namespace callgate::config
