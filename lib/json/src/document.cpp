// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <algorithm>
#include <callgate/json/document.hpp>
#include <charconv>
#include <limits>

#include "scan.hpp"

namespace callgate::json {
namespace {

constexpr std::string_view kDuplicateName = "duplicate member name";
constexpr std::string_view kLoneSurrogate = "lone surrogate in a string";

bool has_duplicate(std::vector<std::string_view>& names) {
  if (names.size() <= 16) {
    for (std::size_t i = 1; i < names.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (names[i] == names[j]) return true;
      }
    }
    return false;
  }
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

// Reads one text into a Document. What may come next is a state; what is open is a stack of node indices.
class Scanner {
 public:
  Scanner(Document& document, const Limits& limits)
      : text_(document.text_.data()), length_(document.text_.size()), document_(document), limits_(limits) {}

  std::optional<Error> run() {
    document_.nodes_.reserve(std::min<std::size_t>(limits_.values_max, length_ / 8 + 8));
    State state = State::value;
    for (;;) {
      skip_space();
      if (state == State::end) break;
      if (at_ >= length_) return error("the text ends too early");
      state = step(state);
      if (error_) return error_;
    }
    if (at_ != length_) return error("text after the end of the value");
    return std::nullopt;
  }

 private:
  enum class State : std::uint8_t { value, first_element, first_name, name, colon, separator, end };

  State step(State state) {
    switch (state) {
      case State::first_element:
        return text_[at_] == ']' ? close() : read_value();
      case State::value:
        return read_value();
      case State::first_name:
        return text_[at_] == '}' ? close() : read_name();
      case State::name:
        return read_name();
      case State::colon:
        return take(':', State::value, "expected ':' after a member name");
      case State::separator:
        return read_separator();
      case State::end:
        break;
    }
    return State::end;
  }

  State read_value() {
    const char c = text_[at_];
    if (c == '{') return open(Kind::object);
    if (c == '[') return open(Kind::array);
    if (c == '"') return read_string() ? after_value() : State::end;
    const std::string_view rest(text_ + at_, length_ - at_);
    if (rest.starts_with("true")) return read_scalar(Kind::boolean, 4);
    if (rest.starts_with("false")) return read_scalar(Kind::boolean, 5);
    if (rest.starts_with("null")) return read_scalar(Kind::null, 4);
    const std::size_t size = scan_number(rest);
    if (size == 0) return stop("expected a value");
    return read_scalar(Kind::number, size);
  }

  State read_name() {
    if (text_[at_] != '"') return stop("expected a member name");
    return read_string() ? State::colon : State::end;
  }

  State read_separator() {
    const bool in_object = document_.nodes_[open_.back()].kind == Kind::object;
    if (text_[at_] == (in_object ? '}' : ']')) return close();
    return take(',', in_object ? State::name : State::value,
                "expected ',' or the end of the array or object");
  }

  State read_scalar(Kind kind, std::size_t size) {
    if (!add(kind, at_ + size)) return State::end;
    document_.nodes_.back().text_begin = static_cast<std::uint32_t>(at_);
    document_.nodes_.back().text_size = static_cast<std::uint32_t>(size);
    at_ += size;
    return after_value();
  }

  bool read_string() {
    const ScannedString scanned = scan_string(text_, length_, at_);
    if (scanned.end == 0) {
      at_ = scanned.stopped;
      stop("malformed string");
      return false;
    }
    if (!add(Kind::string, scanned.end)) return false;
    Document::Node& node = document_.nodes_.back();
    node.text_begin = static_cast<std::uint32_t>(at_ + 1);
    node.text_size = static_cast<std::uint32_t>(scanned.size);
    node.lone_surrogate = scanned.lone_surrogate;
    at_ = scanned.end;
    return true;
  }

  State open(Kind kind) {
    if (open_.size() >= limits_.depth_max) return stop("nested too deeply");
    if (!add(kind, 0)) return State::end;
    open_.push_back(static_cast<std::uint32_t>(document_.nodes_.size() - 1));
    ++at_;
    return kind == Kind::object ? State::first_name : State::first_element;
  }

  State close() {
    ++at_;
    Document::Node& node = document_.nodes_[open_.back()];
    node.end = static_cast<std::uint32_t>(at_);
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
    open_.pop_back();
    return after_value();
  }

  State after_value() {
    if (open_.empty()) return State::end;
    ++document_.nodes_[open_.back()].count;
    return State::separator;
  }

  bool add(Kind kind, std::size_t end) {
    if (document_.nodes_.size() >= limits_.values_max) {
      stop("too many values");
      return false;
    }
    document_.nodes_.push_back({.begin = static_cast<std::uint32_t>(at_),
                                .end = static_cast<std::uint32_t>(end),
                                .text_begin = 0,
                                .text_size = 0,
                                .next = static_cast<std::uint32_t>(document_.nodes_.size() + 1),
                                .count = 0,
                                .kind = kind,
                                .lone_surrogate = false});
    return true;
  }

  void skip_space() {
    while (at_ < length_ &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  State take(char expected, State next, std::string_view otherwise) {
    if (text_[at_] != expected) return stop(otherwise);
    ++at_;
    return next;
  }

  State stop(std::string_view what) {
    if (!error_) error_ = error(what);
    return State::end;
  }

  Error error(std::string_view what) const { return {std::string(what), at_}; }

  char* text_;
  std::size_t length_;
  Document& document_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> open_;
  std::optional<Error> error_;
};

tl::expected<Document, Error> parse(std::string_view text, Strictness strictness, const Limits& limits) {
  if (text.size() > limits.bytes_max || text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return tl::unexpected(Error{"the text is too large", 0});
  }
  if (!is_utf8(text)) return tl::unexpected(Error{"not UTF-8", 0});
  Document document;
  document.text_ = text;
  if (auto error = Scanner(document, limits).run()) return tl::unexpected(std::move(*error));
  if (strictness == Strictness::i_json) {
    if (auto fault = document.fault_below(0)) return tl::unexpected(Error{std::move(*fault), 0});
  }
  return document;
}

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::optional<std::string> Document::fault_below(std::uint32_t index) const {
  std::vector<std::string_view> names;
  for (std::uint32_t i = index; i < nodes_[index].next; ++i) {
    if (nodes_[i].lone_surrogate) return std::string(kLoneSurrogate);
    if (nodes_[i].kind != Kind::object) continue;
    names.clear();
    for (std::uint32_t name = i + 1; name < nodes_[i].next; name = nodes_[name + 1].next) {
      names.push_back(text_of(nodes_[name]));
    }
    if (has_duplicate(names)) return std::string(kDuplicateName);
  }
  return std::nullopt;
}

Kind Value::kind() const {
  return document_->nodes_[index_].kind;
}

std::optional<std::string_view> Value::as_string() const {
  if (kind() != Kind::string) return std::nullopt;
  return document_->text_of(document_->nodes_[index_]);
}

std::optional<bool> Value::as_bool() const {
  if (kind() != Kind::boolean) return std::nullopt;
  return document_->text_of(document_->nodes_[index_]) == "true";
}

std::optional<double> Value::as_number() const {
  if (kind() != Kind::number) return std::nullopt;
  const std::string_view text = document_->text_of(document_->nodes_[index_]);
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> Value::as_integer() const {
  if (kind() != Kind::number) return std::nullopt;
  const std::string_view text = document_->text_of(document_->nodes_[index_]);
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Value> Value::find(std::string_view name) const {
  const auto& nodes = document_->nodes_;
  if (nodes[index_].kind != Kind::object) return std::nullopt;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i + 1].next) {
    if (document_->text_of(nodes[i]) == name) return Value(document_, i + 1);
  }
  return std::nullopt;
}

std::vector<Value> Value::elements() const {
  const auto& nodes = document_->nodes_;
  std::vector<Value> out;
  if (nodes[index_].kind != Kind::array) return out;
  out.reserve(nodes[index_].count);
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i].next) {
    out.push_back(Value(document_, i));
  }
  return out;
}

std::vector<Value::Member> Value::members() const {
  const auto& nodes = document_->nodes_;
  std::vector<Member> out;
  if (nodes[index_].kind != Kind::object) return out;
  out.reserve(nodes[index_].count);
  for (std::uint32_t i = index_ + 1; i < nodes[index_].next; i = nodes[i + 1].next) {
    out.push_back({document_->text_of(nodes[i]), Value(document_, i + 1)});
  }
  return out;
}

std::size_t Value::size() const {
  return document_->nodes_[index_].count;
}
std::size_t Value::begin_offset() const {
  return document_->nodes_[index_].begin;
}
std::size_t Value::end_offset() const {
  return document_->nodes_[index_].end;
}

std::optional<std::string> Value::find_fault(std::string_view opaque) const {
  const auto& nodes = document_->nodes_;
  std::vector<std::string_view> names;
  for (const Member& member : members()) {
    names.push_back(member.name);
    const std::uint32_t value = member.value.index_;
    if (nodes[value - 1].lone_surrogate) return std::string(kLoneSurrogate);
    if (member.name == opaque) continue;
    if (auto fault = document_->fault_below(value)) return fault;
  }
  if (has_duplicate(names)) return std::string(kDuplicateName);
  return std::nullopt;
}

}  // namespace callgate::json
