// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <algorithm>
#include <callgate/events/phone_mask.hpp>
#include <random>
#include <vector>

namespace callgate::events {
namespace {

TEST(PhoneMask, EachNumberKeepsItsEndsAlone) {
  struct Row {
    const char* text;
    const char* seen;
  };
  const Row rows[] = {
      {"+447700900123", "+44...123"},
      {"4:+447700900123", "4:+44...123"},
      {"4:447700900123", "4:44...123"},
      {"/api/callback/+447700900123/x", "/api/callback/+44...123/x"},
      {"/api/callback/%2B447700900123/x", "/api/callback/%2B44...123/x"},
      {"%2b447700900123", "%2b44...123"},
      {"%252B447700900123", "%252B44...123"},
      {"4%3A%2B447700900123", "4%3A%2B44...123"},
      {"4%3a447700900123", "4%3a44...123"},
      {"%204:447700900123", "%204:44...123"},
      {"from=4:447700900123;to=4:447700900124", "from=4:44...123;to=4:44...124"},
      {"+44 7700 900123 and +1-206-555-0143.", "+44...123 and +12...143."},
      {"+1.206.555.0143", "+12...143"},
      {"+1 (206) 555-0143", "+12...143"},
      {"+44%207700%20900123", "+44...123"},
      {"+44 (0)20 7946 0018", "+44...018"},
      {"+447700900123+447700900124", "+44...123+44...124"},
      {"+1234567", "+12...567"},
      {"++447700900123", "++44...123"},
      {"tel:+447700900123\n", "tel:+44...123\n"},
      {"\xc3\xa9+447700900123\xff", "\xc3\xa9+44...123\xff"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(mask_phone_numbers(row.text), row.seen);
    EXPECT_EQ(mask_phone_numbers(row.seen), row.seen);
  }
}

TEST(PhoneMask, EverythingElseStaysAsItIs) {
  for (const std::string text : {
           "",
           "+",
           "%",
           "%2",
           "%2B",
           "%25",
           "4:",
           "4",
           "4%3",
           "+123456",
           "+12   3456789",
           "447700900123",
           "00447700900123",
           "3a9f5c10-4420-4123-8123-447700900123",
           "44770090-0123-4123-8123-447700900123",
           "1f004a80-5c3e-4a1b-9d44-7700900123aa",
           "8:acs:5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21_00000012-3456-7890",
           "aHR0cHM6Ly9jb252LXVzZWEtMDQuY29udi5za3lwZS5jb20vY29udi8xMjM0NTY3ODkw",
           "2026-09-30T08:14:42.1234567Z",
           "2026-09-30T08:15:42+02:00",
           "10.0.0.4:8080",
           "application/cloudevents+json",
           "Microsoft.Communication.CallConnected",
           "14:1234567",
           "+44...123",
       })
    EXPECT_EQ(mask_phone_numbers(text), text);
}

// The digits behind each sign, however they are set apart, by another way than the function's: drop what may
// stand between, then look.
bool shows_number(std::string text) {
  for (const char* escape : {"%20", " ", "-", ".", "(", ")"}) {
    for (std::size_t at = text.find(escape); at != std::string::npos; at = text.find(escape, at))
      text.erase(at, std::string_view(escape).size());
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_plus = text[at] == '+' || (at >= 2 && text.substr(at - 2, 3) == "%2B");
    std::size_t end = at + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (is_plus && end - at > 7) return true;
  }
  return false;
}

TEST(PhoneMask, WhateverStandsAroundItNoNumberIsLeft) {
  std::mt19937 random(20260930);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same texts each time
  const auto below = [&random](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most - 1)(random);
  };
  const std::vector<std::string> around{
      "/", "x", "%", "2", "B", "4:", "%3A", ":", "caller", "\xff", "&a=", "%25"};
  const std::vector<std::string> signs{"+", "%2B", "4:+", "4%3A%2B"};
  const std::vector<std::string> between{"", "", "", " ", "-", ".", "%20", ") "};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t part = 0; part < 4; ++part) {
      for (std::size_t i = below(4); i > 0; --i) text += around[below(around.size())];
      text += signs[below(signs.size())];
      for (std::size_t i = 7 + below(9); i > 0; --i)
        text += static_cast<char>('0' + below(10)) + between[below(between.size())];
      text += "|";
    }
    const std::string seen = mask_phone_numbers(text);
    ASSERT_TRUE(shows_number(text)) << text;
    ASSERT_FALSE(shows_number(seen)) << text << "\n" << seen;
    ASSERT_EQ(mask_phone_numbers(seen), seen) << text;
    ASSERT_EQ(std::count(seen.begin(), seen.end(), '|'), 4) << text;
  }
}

TEST(PhoneMask, AnyBytesWillDo) {
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same texts each time
  const std::string bytes("+%2B054:A3 -.(\0\xff", 16);
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i) text += bytes[random() % bytes.size()];
    const std::string seen = mask_phone_numbers(text);
    ASSERT_EQ(mask_phone_numbers(seen), seen) << text;
    ASSERT_LE(seen.size(), text.size() + text.size() / 2) << text;
  }
  const std::string many(1 << 20, '9');
  EXPECT_EQ(mask_phone_numbers("+" + many), "+99...999");
  EXPECT_EQ(mask_phone_numbers(many), many);
}

}  // namespace
}  // namespace callgate::events
