// SPDX-License-Identifier: Apache-2.0
#pragma once
// Settings as written, by flag or in the file, before anyone judges what they mean together: text under
// names, each with its place. A value that cannot be read is kept as present but unsound: it has been
// reported, and is neither missing nor used.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "findings.hpp"
#include "schema.hpp"

namespace callgate::config {

struct Item {
  std::string text;
  Label label;
};

struct Entry {
  Label label;
  std::vector<Item> items;  // one, unless its key is a list
  bool sound = true;
};

class Section {
 public:
  // `at` is the table's place in the file; without one, names are those of flags.
  explicit Section(std::string_view table, Label at = {}) : table_(table), at_(std::move(at)) {}

  std::string_view table() const { return table_; }
  const Label& at() const { return at_; }
  bool is_in_file() const { return at_.line != 0; }
  bool empty() const { return entries_.empty(); }
  // Later beats earlier.
  void set(std::string_view name, Entry entry);
  bool has(std::string_view name) const { return entries_.contains(name); }
  // Present and sound, else null.
  const Entry* find(std::string_view name) const;
  // Of the entry if it is there, else of the table.
  Label label(std::string_view name) const;
  // What the reader would write: "audiences" in a file, "--audience" among flags.
  std::string name_for_reader(std::string_view name) const;

  // The value, or the key's default. Nothing (zero, false) if it has none.
  std::optional<std::string> text(std::string_view name) const;
  std::string text_or_empty(std::string_view name) const { return text(name).value_or(""); }
  bool is_on(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  std::chrono::milliseconds span(std::string_view name) const;
  const std::vector<Item>& items(std::string_view name) const;

 private:
  friend void check_values(Section& section, Findings& findings);
  std::string_view table_;
  Label at_;
  std::map<std::string, Entry, std::less<>> entries_;
};

// Each value alone against its key: form, range, choice. What fails is reported and unsound from then on.
void check_values(Section& section, Findings& findings);

struct RouteSections {
  Section route;
  std::optional<Section> query_secret;
};

// All that was written.
struct Sections {
  Section server{"server"};
  std::optional<Section> tls;
  Section limits{"server.limits"};
  Section keys{"keys"};
  Section log{"log"};
  Section replay{"replay"};
  Section inbox{"inbox"};
  std::vector<Section> providers;
  std::vector<RouteSections> routes;
  Label file;  // of the whole file; empty: there is none
};

}  // namespace callgate::config
