// SPDX-License-Identifier: Apache-2.0
#pragma once
// The HTTP vectors of third parties (CALLGATE_VECTORS/http1) as values, and the requests that are made of
// them.

#include <filesystem>
#include <string>
#include <vector>

namespace callgate::http1 {

// Requests as a parser's authors wrote them down, with what two readings of RFC 9112 make of them.
struct RequestVector {
  std::string id, name, expect;
  std::string bytes;
  std::size_t strict_count = 0;   // requests that a strict server may act on
  std::size_t lenient_count = 0;  // ... and one that takes every liberty the standard leaves
  // How the bytes end for either: complete, incomplete, close, upgrade or reject.
  std::string strict_end, lenient_end;
  std::string oracle_reason;
};

// Header lines that smuggle, to stand before Host in a POST that also has a Content-Length.
struct Gadget {
  std::string id, name, expect;  // reject, reject-or-te-then-close, cl-only
  std::string lines;
};

// Empty if the file cannot be read or holds something else.
std::vector<RequestVector> read_request_vectors(const std::filesystem::path& file);
std::vector<Gadget> read_gadgets(const std::filesystem::path& file);

// The same framing, but a callback for the gateway: POST, with the token. Empty if the first line is none
// that could be turned into one.
std::string as_callback(const std::string& bytes, const std::string& token);

// A callback with the gadget, and behind it a GET that gets 405 if it is taken for a request. Read by
// Content-Length, `by_length` is one request whose body holds everything, and `by_chunks` is a short one with
// the GET behind it; read by Transfer-Encoding it is the other way round. Chunked, the body of `by_length` is
// `event`.
struct SmugglingPair {
  std::string by_length;
  std::string by_chunks;
};
SmugglingPair smuggle(const Gadget& gadget, const std::string& token, const std::string& event);

}  // namespace callgate::http1
