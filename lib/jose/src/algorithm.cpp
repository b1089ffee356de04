// SPDX-License-Identifier: Apache-2.0
#include <callgate/jose/algorithm.hpp>

#include "algorithm_table.hpp"

namespace callgate::jose {
namespace {

constexpr bool rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
    if (static_cast<std::size_t>(kAlgorithms[i].algorithm) != i) return false;
  }
  return true;
}
static_assert(rows_follow_the_enumeration());

}  // namespace

std::string_view to_text(Algorithm algorithm) {
  return row_of(algorithm).name;
}

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.name == name) return row.algorithm;
  }
  return std::nullopt;
}

std::string AlgorithmSet::text() const {
  std::string out;
  for (const AlgorithmRow& row : kAlgorithms) {
    if (!contains(row.algorithm)) continue;
    if (!out.empty()) out += ", ";
    out += row.name;
  }
  return out;
}

}  // namespace callgate::jose
