// SPDX-License-Identifier: Apache-2.0
#pragma once
// Strict, bounded JSON reader (RFC 8259; with Strictness::i_json also RFC 7493: unique member names, no lone
// surrogates). One pass, no recursion: depth costs a small stack of integers, never the program's stack.
//
// A Document owns the text and a flat list of nodes. A Value is a cheap view into a Document and must not
// outlive it. Documents are immutable once parsed: reading one from several threads is safe.
//
// Numbers stay text: grammar is checked for every number, range only where a value is used (as_number,
// as_integer), so that 1e309 in a member nobody reads harms nobody.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace callgate::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

enum class Strictness : std::uint8_t {
  i_json,   // duplicate member names and lone surrogates are refused everywhere
  grammar,  // only RFC 8259 grammar, UTF-8 and the limits; Value::find_fault judges single objects
};

struct Limits {
  std::size_t bytes_max = std::size_t{1} << 20;       // length of the text
  std::uint32_t depth_max = 64;                       // arrays and objects inside each other
  std::uint32_t values_max = std::uint32_t{1} << 18;  // values and member names in all
};

struct Error {
  std::string what;        // e.g. "duplicate member name"; holds no bytes of the text
  std::size_t offset = 0;  // byte at which reading stopped
};

class Document;

class Value {
 public:
  Kind kind() const;
  bool is_object() const { return kind() == Kind::object; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_string() const { return kind() == Kind::string; }

  // The decoded text of a string; nothing for other kinds. Lives as long as the Document.
  std::optional<std::string_view> as_string() const;
  std::optional<bool> as_bool() const;
  // Nearest double; nothing if not a number, or if it does not fit a finite double.
  std::optional<double> as_number() const;
  // Exact; nothing if not a number, or if written with fraction or exponent, or past 64 bits. "-0" is 0.
  std::optional<std::int64_t> as_integer() const;

  // Member of an object by exact name; nothing when absent or when this is no object. The first one, should
  // Strictness::grammar have let several pass.
  std::optional<Value> find(std::string_view name) const;

  // Elements of an array or members of an object; nothing for other kinds.
  std::vector<Value> elements() const;
  struct Member;
  std::vector<Member> members() const;
  std::size_t size() const;

  // Where this value stands in the text that was parsed: [begin, end).
  std::size_t begin_offset() const;
  std::size_t end_offset() const;

  // What Strictness::i_json would refuse in this object's own names and, except for the member `opaque`,
  // below it. Nothing if there is no fault.
  std::optional<std::string> find_fault(std::string_view opaque) const;

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
  const Document* document_;
  std::uint32_t index_;
};

struct Value::Member {
  std::string_view name;
  Value value;
};

class Document {
 public:
  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document() = default;

  Value root() const { return {this, 0}; }

 private:
  friend class Value;
  friend class Scanner;
  friend tl::expected<Document, Error> parse(std::string_view, Strictness, const Limits&);
  struct Node {
    std::uint32_t begin;  // raw text [begin, end)
    std::uint32_t end;
    std::uint32_t text_begin;  // strings: decoded text in text_
    std::uint32_t text_size;
    std::uint32_t next;   // index behind this node's last descendant
    std::uint32_t count;  // elements, or members
    Kind kind;
    bool lone_surrogate;
  };
  Document() = default;
  std::string_view text_of(const Node& node) const {
    return std::string_view(text_).substr(node.text_begin, node.text_size);
  }
  std::optional<std::string> fault_below(std::uint32_t index) const;

  std::string text_;  // a copy of what was parsed, escapes decoded in place
  std::vector<Node> nodes_;
};

tl::expected<Document, Error> parse(std::string_view text, Strictness strictness = Strictness::i_json,
                                    const Limits& limits = {});

bool is_utf8(std::string_view text);

}  // namespace callgate::json
