// SPDX-License-Identifier: Apache-2.0
#pragma once
// Collects the body of one message from bytes that arrive piece by piece: by length, chunked (RFC 9112
// section 7.1) or until the peer closes. Strict: chunk sizes are hexadecimal digits alone, lines end with
// CRLF; extensions and trailer fields are checked, bounded and dropped. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace callgate::net {

class BodyReader {
 public:
  enum class Step { more, done, too_large, malformed };

  // `bytes_max`: of the decoded body.
  static BodyReader with_length(std::uint64_t length, std::size_t bytes_max);
  static BodyReader chunked(std::size_t bytes_max);
  static BodyReader until_close(std::size_t bytes_max);

  // Takes the body's bytes from the front of `bytes`; what is left there after done belongs to the next
  // message.
  Step feed(std::string_view& bytes);
  // The peer has closed.
  Step end() const;
  std::string take() { return std::move(body_); }

 private:
  enum class State {
    data_by_length,
    data_until_close,
    chunk_size,
    chunk_extension,
    chunk_size_lf,
    chunk_data,
    chunk_data_cr,
    chunk_data_lf,
    trailer,
    done,
  };

  BodyReader(State state, std::uint64_t left, std::size_t bytes_max)
      : state_(state), left_(left), bytes_max_(bytes_max) {}
  bool is_data() const;
  Step feed_data(std::string_view& bytes);
  Step feed_framing(char byte);
  Step feed_chunk_size(char byte);
  Step feed_extension(char byte);
  Step begin_chunk();
  Step feed_trailer(char byte);

  State state_;
  std::uint64_t left_;  // of the body or the chunk
  std::size_t bytes_max_;
  std::size_t digits_ = 0;           // of this chunk's size
  std::size_t extension_bytes_ = 0;  // of all chunks
  std::string trailer_;
  std::string body_;
};

}  // namespace callgate::net
