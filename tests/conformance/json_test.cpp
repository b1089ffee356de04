// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite: y_ must parse, n_ must not, i_ is free but must not crash. Duplicate member names and lone
// surrogates are legal grammar and refused by I-JSON, which is what token headers and claims are read with
// (rules N4, N5, N52, N53).

#include <callgate/json/document.hpp>

#include "vectors.hpp"

namespace callgate::conformance {
namespace {

namespace fs = std::filesystem;
using json::Strictness;

class Json : public VectorTest {};

bool has_duplicate_names(const std::string& name) {
  return name.starts_with("y_object_duplicated_key") || name.starts_with("object_same_key");
}

TEST_F(Json, Grammar) {
  Tally tally;
  for (const fs::path& file : files_below(vectors_ / "json/test_parsing")) {
    const std::string name = file.filename().string();
    const std::string text = read_text(file);
    const bool grammar = json::parse(text, Strictness::grammar).has_value();
    const bool i_json = json::parse(text, Strictness::i_json).has_value();
    EXPECT_TRUE(grammar || !i_json) << name << ": I-JSON is a part of JSON";
    if (name.starts_with("y_")) {
      EXPECT_TRUE(grammar) << name;
      EXPECT_EQ(i_json, !has_duplicate_names(name)) << name;
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(grammar) << name;
    }
    tally.count(name.substr(0, 2) + " grammar " + (grammar ? "parses" : "refused") + ", I-JSON " +
                (i_json ? "parses" : "refused"));
  }
  tally.print("json/test_parsing");
  EXPECT_GT(tally.total(), 100U);
}

TEST_F(Json, WhatOtherReadersTransform) {
  Tally tally;
  for (const fs::path& file : files_below(vectors_ / "json/test_transform")) {
    const std::string name = file.filename().string();
    const std::string text = read_text(file);
    const auto lenient = json::parse(text, Strictness::grammar);
    const auto strict = json::parse(text, Strictness::i_json);
    if (name.starts_with("object_same_key")) {
      EXPECT_TRUE(lenient) << name;
      EXPECT_FALSE(strict) << name;
    } else if (name.starts_with("string_")) {
      EXPECT_FALSE(strict) << name << ": lone surrogates";
    } else if (name.starts_with("object_key_nfc_nfd")) {
      ASSERT_TRUE(strict) << name << ": two names, although they look the same";
      EXPECT_EQ(strict->root().size(), 2U);
    } else {
      EXPECT_TRUE(strict) << name;
    }
    tally.count(std::string("grammar ") + (lenient ? "parses" : "refused") + ", I-JSON " +
                (strict ? "parses" : "refused"));
  }
  tally.print("json/test_transform");
}

TEST_F(Json, BigNumbersStayExact) {
  const auto integer_in = [&](const char* name) {
    const auto document = json::parse(read_text(vectors_ / "json/test_transform" / name));
    return document ? document->root().elements().at(0).as_integer() : std::nullopt;
  };
  EXPECT_EQ(integer_in("number_9223372036854775807.json"), 9223372036854775807);
  EXPECT_EQ(integer_in("number_-9223372036854775808.json"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(integer_in("number_1000000000000000.json"), 1000000000000000);
  EXPECT_EQ(integer_in("number_1.0.json"), std::nullopt) << "written with a fraction";
}

}  // namespace
}  // namespace callgate::conformance
