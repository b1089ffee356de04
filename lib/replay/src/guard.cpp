// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/digest/sha2.hpp>
#include <callgate/replay/guard.hpp>

namespace callgate::replay {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

Judged<Sha256> sha256_of(std::string_view text) {
  const digest::Digest digest = digest::hash(digest::Sha2::sha256, text);
  Sha256 bytes{};
  if (digest.size != bytes.size())
    return refuse(Reason::replay_store_unavailable, "no digest could be made to look for earlier uses");
  std::copy_n(digest.bytes.begin(), bytes.size(), bytes.begin());
  return bytes;
}

std::string_view text_of(const Sha256& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Its length in eight bytes, then the text.
void append_measured(std::string& out, std::string_view text) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>((std::uint64_t{text.size()} >> shift) & 0xFFU);
  out += text;
}

struct ResultOf {
  Result operator()(const First& first) const {
    return first.other_bodies > 0 ? Result::other_body : Result::first;
  }
  Result operator()(const Repeat&) const { return Result::repeat; }
  Result operator()(const Pending&) const { return Result::pending; }
  Result operator()(const refusal::Refusal& refusal) const {
    if (refusal.reason == Reason::token_replayed) return Result::replayed;
    return refusal.reason == Reason::token_expired ? Result::expired : Result::unavailable;
  }
};

}  // namespace

Judged<TokenKey> TokenKey::of_token(std::string_view text) {
  const std::size_t signature = text.rfind('.');
  if (signature == std::string_view::npos)
    return refuse(Reason::token_malformed, "expected three segments, found one");
  return sha256_of(text.substr(0, signature)).map([](const Sha256& bytes) { return TokenKey(bytes); });
}

std::string TokenKey::short_text() const {
  return digest::to_hex(text_of(bytes_).substr(0, 6));
}

// The body stands there as its digest, which needs no length and no copy of the body.
Judged<BodyMark> BodyMark::of(std::string_view route, std::string_view body, std::string_view attributes) {
  const Judged<Sha256> inner = sha256_of(body);
  if (!inner) return tl::unexpected(inner.error());
  std::string outer;
  append_measured(outer, route);
  append_measured(outer, attributes);
  outer += text_of(*inner);
  return sha256_of(outer).map([](const Sha256& bytes) { return BodyMark(bytes); });
}

Result result_of(const Outcome& outcome) {
  return std::visit(ResultOf{}, outcome);
}

std::string_view to_text(Result result) {
  switch (result) {
    case Result::first:
      return "first";
    case Result::other_body:
      return "other_body";
    case Result::repeat:
      return "repeat";
    case Result::pending:
      return "pending";
    case Result::replayed:
      return "replayed";
    case Result::expired:
      return "expired";
    case Result::unavailable:
      return "unavailable";
  }
  return "unavailable";
}

}  // namespace callgate::replay
