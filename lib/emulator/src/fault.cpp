// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

#include <algorithm>
#include <array>

namespace callgate::emulator {
namespace {

using refusal::Reason;

enum class Part : std::uint8_t { token, callback };

struct Row {
  Fault fault;
  std::string_view text;
  Part part;
  std::optional<Reason> expected;
};

constexpr std::array<Row, 16> kRows{{
    {Fault::none, "none", Part::token, std::nullopt},
    {Fault::expired, "expired", Part::token, Reason::token_expired},
    {Fault::early, "early", Part::token, Reason::token_not_yet_valid},
    {Fault::wrong_audience, "wrong-audience", Part::token, Reason::audience_mismatch},
    {Fault::wrong_issuer, "wrong-issuer", Part::token, Reason::issuer_mismatch},
    {Fault::wrong_key, "wrong-key", Part::token, Reason::signature_invalid},
    {Fault::unknown_kid, "unknown-kid", Part::token, Reason::key_unknown},
    {Fault::alg_none, "alg-none", Part::token, Reason::algorithm_not_allowed},
    {Fault::hs256_public_key, "hs256-public-key", Part::token, Reason::algorithm_not_allowed},
    {Fault::garbage_token, "garbage-token", Part::token, Reason::token_malformed},
    {Fault::long_lifetime, "long-lifetime", Part::token, Reason::lifetime_too_long},
    {Fault::no_token, "no-token", Part::callback, Reason::token_missing},
    {Fault::replay_body, "replay-body", Part::callback, Reason::token_replayed},
    {Fault::duplicate, "duplicate", Part::callback, std::nullopt},
    {Fault::reorder, "reorder", Part::callback, std::nullopt},
    {Fault::batch, "batch", Part::callback, std::nullopt},
}};

constexpr bool rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].fault) != i) return false;
  }
  return true;
}
static_assert(rows_follow_the_enumeration());

const Row& row_of(Fault fault) {
  return kRows.at(static_cast<std::size_t>(fault));
}

std::string join(bool callbacks_too) {
  std::string out;
  for (const Row& row : kRows) {
    if (row.part == Part::callback && !callbacks_too) continue;
    if (!out.empty()) out += ", ";
    out += row.text;
  }
  return out;
}

}  // namespace

std::string_view to_text(Fault fault) {
  return row_of(fault).text;
}

std::optional<Fault> parse_fault(std::string_view text) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.text == text; });
  if (row == kRows.end()) return std::nullopt;
  return row->fault;
}

bool is_token_fault(Fault fault) {
  return row_of(fault).part == Part::token;
}

std::optional<Reason> expected_reason(Fault fault) {
  return row_of(fault).expected;
}

std::string known_token_faults() {
  return join(false);
}

std::string known_faults() {
  return join(true);
}

}  // namespace callgate::emulator
