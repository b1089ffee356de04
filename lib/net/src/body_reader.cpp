// SPDX-License-Identifier: Apache-2.0
#include "body_reader.hpp"

#include <algorithm>
#include <callgate/http/framing.hpp>

namespace callgate::net {
namespace {

constexpr std::size_t kSizeDigitsMax = 16;
constexpr std::size_t kExtensionBytesMax = std::size_t{4} * 1024;  // of one body
constexpr std::size_t kTrailerBytesMax = std::size_t{8} * 1024;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyReader BodyReader::with_length(std::uint64_t length, std::size_t bytes_max) {
  BodyReader reader(State::data_by_length, length, bytes_max);
  if (length <= bytes_max) reader.body_.reserve(static_cast<std::size_t>(length));
  return reader;
}

BodyReader BodyReader::chunked(std::size_t bytes_max) {
  return {State::chunk_size, 0, bytes_max};
}

BodyReader BodyReader::until_close(std::size_t bytes_max) {
  return {State::data_until_close, 0, bytes_max};
}

bool BodyReader::is_data() const {
  return state_ == State::data_by_length || state_ == State::data_until_close || state_ == State::chunk_data;
}

BodyReader::Step BodyReader::feed(std::string_view& bytes) {
  if (state_ == State::data_by_length && left_ > bytes_max_) return Step::too_large;
  for (;;) {
    if (state_ == State::data_by_length && left_ == 0) state_ = State::done;
    if (state_ == State::done) return Step::done;
    if (bytes.empty()) return Step::more;
    Step step = Step::more;
    if (is_data()) {
      step = feed_data(bytes);
    } else {
      const char byte = bytes.front();
      bytes.remove_prefix(1);
      step = feed_framing(byte);
    }
    if (step != Step::more) return step;
  }
}

BodyReader::Step BodyReader::end() const {
  return state_ == State::data_until_close || state_ == State::done ? Step::done : Step::malformed;
}

BodyReader::Step BodyReader::feed_data(std::string_view& bytes) {
  if (state_ == State::data_until_close) {
    if (bytes.size() > bytes_max_ - body_.size()) return Step::too_large;
    body_.append(bytes);
    bytes = {};
    return Step::more;
  }
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  body_.append(bytes.substr(0, part));
  bytes.remove_prefix(part);
  left_ -= part;
  if (left_ == 0 && state_ == State::chunk_data) state_ = State::chunk_data_cr;
  return Step::more;
}

BodyReader::Step BodyReader::feed_framing(char byte) {
  switch (state_) {
    case State::chunk_size:
      return feed_chunk_size(byte);
    case State::chunk_extension:
      return feed_extension(byte);
    case State::chunk_size_lf:
      return byte == '\n' ? begin_chunk() : Step::malformed;
    case State::chunk_data_cr:
      state_ = State::chunk_data_lf;
      return byte == '\r' ? Step::more : Step::malformed;
    case State::chunk_data_lf:
      state_ = State::chunk_size;
      return byte == '\n' ? Step::more : Step::malformed;
    case State::trailer:
      return feed_trailer(byte);
    case State::data_by_length:
    case State::data_until_close:
    case State::chunk_data:
    case State::done:
      break;
  }
  return Step::malformed;
}

BodyReader::Step BodyReader::feed_chunk_size(char byte) {
  if (const int value = hex_value(byte); value >= 0) {
    if (++digits_ > kSizeDigitsMax) return Step::malformed;
    left_ = left_ * 16 + static_cast<unsigned>(value);
    return Step::more;
  }
  if (digits_ == 0) return Step::malformed;
  if (byte == '\r') {
    state_ = State::chunk_size_lf;
    return Step::more;
  }
  state_ = State::chunk_extension;
  return byte == ';' ? Step::more : Step::malformed;
}

BodyReader::Step BodyReader::feed_extension(char byte) {
  if (byte == '\r') {
    state_ = State::chunk_size_lf;
    return Step::more;
  }
  const auto code = static_cast<unsigned char>(byte);
  const bool control = (code < 0x20 && code != '\t') || code == 0x7F;
  return control || ++extension_bytes_ > kExtensionBytesMax ? Step::malformed : Step::more;
}

BodyReader::Step BodyReader::begin_chunk() {
  digits_ = 0;
  if (left_ == 0) {
    state_ = State::trailer;
    return Step::more;
  }
  if (left_ > bytes_max_ - body_.size()) return Step::too_large;
  state_ = State::chunk_data;
  return Step::more;
}

// Collects up to the empty line, then has the fields judged like those of a head.
BodyReader::Step BodyReader::feed_trailer(char byte) {
  trailer_ += byte;
  if (trailer_.size() > kTrailerBytesMax) return Step::malformed;
  if (byte == '\n' && !trailer_.ends_with("\r\n")) return Step::malformed;
  if (trailer_ == "\r\n") {
    state_ = State::done;
    return Step::more;
  }
  if (!trailer_.ends_with("\r\n\r\n")) return Step::more;
  if (!http::check_raw_head("GET / HTTP/1.1\r\n" + trailer_)) return Step::malformed;
  state_ = State::done;
  return Step::more;
}

}  // namespace callgate::net
