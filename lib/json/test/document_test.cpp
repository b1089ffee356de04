// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

namespace callgate::json {
namespace {

using namespace std::string_literals;

Document parsed(std::string_view text, Strictness strictness = Strictness::i_json) {
  auto document = parse(text, strictness);
  EXPECT_TRUE(document) << text << ": " << (document ? "" : document.error().what);
  return std::move(*document);
}

TEST(Document, ReadsValuesOfEveryKind) {
  const Document document =
      parsed(R"( {"s":"a","n":-1.5e2,"i":42,"t":true,"f":false,"z":null,"a":[1,[2],{}],"o":{"k":"v"}} )");
  const Value root = document.root();
  EXPECT_EQ(root.size(), 8U);
  EXPECT_EQ(root.find("s")->as_string(), "a");
  EXPECT_EQ(root.find("n")->as_number(), -150.0);
  EXPECT_EQ(root.find("i")->as_integer(), 42);
  EXPECT_EQ(root.find("t")->as_bool(), true);
  EXPECT_EQ(root.find("f")->as_bool(), false);
  EXPECT_EQ(root.find("z")->kind(), Kind::null);
  EXPECT_EQ(root.find("a")->elements().size(), 3U);
  EXPECT_EQ(root.find("o")->find("k")->as_string(), "v");
  EXPECT_FALSE(root.find("S"));
  EXPECT_FALSE(root.find("s")->as_number());
  EXPECT_FALSE(root.find("i")->as_string());
}

TEST(Document, DecodesEscapes) {
  const Document document =
      parsed(R"(["\"\\\/\b\f\n\r\t","\u0041\u00e9\u20AC","\ud83d\ude00x","plain \u0000 end"])");
  const auto elements = document.root().elements();
  EXPECT_EQ(elements[0].as_string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(elements[1].as_string(), "A\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(elements[2].as_string(), "\xF0\x9F\x98\x80x");
  EXPECT_EQ(elements[3].as_string(), "plain \0 end"s);
}

TEST(Document, SaysWhereAValueStandsInTheText) {
  const std::string text = R"([ {"a":"\u0041"}, 12 ])";
  const Document document = parsed(text);
  const auto elements = document.root().elements();
  EXPECT_EQ(text.substr(elements[0].begin_offset(), elements[0].end_offset() - elements[0].begin_offset()),
            R"({"a":"\u0041"})");
  EXPECT_EQ(text.substr(elements[1].begin_offset(), elements[1].end_offset() - elements[1].begin_offset()),
            "12");
}

TEST(Document, RefusesWhatTheGrammarForbids) {
  const std::string cases[] = {"",
                               " ",
                               "{",
                               "[",
                               "]",
                               "{]",
                               "[1,]",
                               "[,1]",
                               "[1 2]",
                               "[1",
                               "{\"a\"}",
                               "{\"a\":}",
                               "{\"a\":1,}",
                               "{a:1}",
                               "{'a':1}",
                               "tru",
                               "truex",
                               "nul",
                               "True",
                               "01",
                               "-",
                               "1.",
                               ".5",
                               "1e",
                               "1e+",
                               "+1",
                               "0x1",
                               "NaN",
                               "Infinity",
                               "\"a",
                               "\"\\q\"",
                               "\"\\u12\"",
                               "\"\\u12g4\"",
                               "\"\n\"",
                               "\"\t\"",
                               "1 1",
                               "{} {}",
                               "\xEF\xBB\xBF{}",
                               "\"\x80\"",
                               "\"\xC0\xAF\"",
                               "\"\xED\xA0\x80\"",
                               "[1]x",
                               "{\"a\":1 \"b\":2}",
                               "[\"a\" \"b\"]",
                               "\0"s,
                               "1\0"s};
  for (const auto& text : cases) {
    EXPECT_FALSE(parse(text)) << text;
    EXPECT_FALSE(parse(text, Strictness::grammar)) << text;
  }
}

TEST(Document, IJsonRefusesDuplicatesAndLoneSurrogatesAtAnyDepth) {
  for (const char* text :
       {R"({"a":1,"a":2})", R"({"a":1,"\u0061":2})", R"([{"x":{"b":1,"b":1}}])", R"("\ud800")",
        R"(["\udc00"])", R"({"\ud800":1})", R"("\ud800\u0041")", R"("\ud800\ud800")"}) {
    EXPECT_FALSE(parse(text)) << text;
    EXPECT_TRUE(parse(text, Strictness::grammar)) << text;
  }
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"m" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(parse(many + "\"last\":0}"));
  EXPECT_FALSE(parse(many + "\"m7\":0}"));
}

TEST(Document, FindFaultLeavesTheOpaqueMemberAlone) {
  const Document document =
      parsed(R"([{"data":{"a":1,"a":2},"id":"x"},{"id":"x","id":"y"},{"ext":{"a":1,"a":2}},{"id":"\ud800"}])",
             Strictness::grammar);
  const auto elements = document.root().elements();
  EXPECT_FALSE(elements[0].find_fault("data"));
  EXPECT_EQ(elements[1].find_fault("data"), "duplicate member name");
  EXPECT_EQ(elements[2].find_fault("data"), "duplicate member name");
  EXPECT_EQ(elements[3].find_fault("data"), "lone surrogate in a string");
}

TEST(Document, HoldsItsLimitsOneStepPast) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse(nested(64)));
  EXPECT_FALSE(parse(nested(65)));
  EXPECT_FALSE(parse(std::string(100'000, '[')));
  EXPECT_TRUE(parse("[1]", Strictness::i_json, {.bytes_max = 3}));
  EXPECT_FALSE(parse("[1] ", Strictness::i_json, {.bytes_max = 3}));
  EXPECT_TRUE(parse("[1,2]", Strictness::i_json, {.values_max = 3}));
  EXPECT_FALSE(parse("[1,2,3]", Strictness::i_json, {.values_max = 3}));
}

TEST(Document, NumbersAreExactAndJudgedOnlyWhenUsed) {
  const Document document = parsed(
      R"({"huge":1e309,"tiny":1e-400,"past":9223372036854775808,"max":9223372036854775807,"half":1.5,"minus":-0,"exp":1e3})");
  const Value root = document.root();
  EXPECT_FALSE(root.find("huge")->as_number());
  EXPECT_FALSE(root.find("past")->as_integer());
  EXPECT_EQ(root.find("past")->as_number(), 9223372036854775808.0);
  EXPECT_EQ(root.find("max")->as_integer(), INT64_MAX);
  EXPECT_EQ(root.find("half")->as_number(), 1.5);
  EXPECT_FALSE(root.find("half")->as_integer());
  EXPECT_EQ(root.find("minus")->as_integer(), 0);
  EXPECT_EQ(root.find("exp")->as_number(), 1000.0);
}

}  // namespace
}  // namespace callgate::json
