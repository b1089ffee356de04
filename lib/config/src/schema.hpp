// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every setting there is, once: its place in the file, its flag, type, default and range. Flags, the reader
// of the file and docs/configuration.md follow this table.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::config {

enum class Kind {
  text,
  file,      // a path; in the file seen from the file's folder
  boolean,   // true or false
  count,     // a whole number
  size,      // "64KiB" or a whole number of bytes
  duration,  // "30s"
  list,      // of text
};

struct Key {
  std::string_view table;  // "server", "server.limits", "provider", ...
  std::string_view name;
  Kind kind = Kind::text;
  std::string_view fallback = {};      // the default as written, without quotes; empty: none
  std::string_view default_note = {};  // the default in words where `fallback` does not say it
  std::string_view flag = {};          // "--listen"; empty: only in the file
  std::int64_t least = 0;              // count; bytes; milliseconds
  std::int64_t most = 0;
  std::string_view choices = {};  // "text|json"; empty: any
  std::string_view later = {};    // words that are kept for a later version
  std::string_view meaning = {};
};

// Tables of the file. `repeated`: [[name]].
struct Table {
  std::string_view name;
  bool repeated = false;
  bool available = true;
};

std::span<const Key> all_keys();
std::span<const Table> all_tables();

// Null if there is none.
const Key* find_key(std::string_view table, std::string_view name);
const Table* find_table(std::string_view name);

// "64KiB" for 65536 of a size, "30s" for 30000 of a duration.
std::string to_text(Kind kind, std::int64_t number);
// The words of "a|b".
std::vector<std::string_view> words_of(std::string_view choices);

}  // namespace callgate::config
