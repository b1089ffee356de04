// SPDX-License-Identifier: Apache-2.0
#include "proxy_header.hpp"

#include <gtest/gtest.h>

#include <string>

namespace callgate::net {
namespace {

using namespace std::string_literals;

const std::string kMark = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kV4 = "\xC0\x00\x02\x01\xC6\x33\x64\x02\x11\x22\x33\x44"s;  // 192.0.2.1 to 198.51.100.2
const std::string kV6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" + std::string(16, '\2') + "abcd";

std::string binary(char command, char family, const std::string& block) {
  const auto size = static_cast<unsigned>(block.size());
  return kMark + command + family + static_cast<char>(size >> 8) + static_cast<char>(size & 0xFF) + block;
}

// "more", "malformed", or the size and the source ("-" if none is named).
std::string read(std::string_view bytes) {
  const auto header = parse_proxy_header(bytes);
  if (!header) return header.error() == NoProxyHeader::incomplete ? "more" : "malformed";
  return std::to_string(header->size) + " " + (header->source ? header->source->text() : "-");
}

struct Case {
  std::string bytes;
  std::string expected;
};

TEST(ProxyHeader, ReadsTheTextForm) {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 16, 'x') + "\r\n";
  const Case cases[] = {
      {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "45 192.0.2.1"},
      {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\nGET / HTTP/1.1\r\n", "56 255.255.255.255"},
      {"PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n", "39 192.0.2.1"},
      {"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "32 2001:db8::1"},
      {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "37 192.0.2.1"},
      {"PROXY UNKNOWN\r\n", "15 -"},
      {"PROXY UNKNOWN ffff:f...f:ffff 65535\r\n", "37 -"},
      {longest, "107 -"},
  };
  for (const auto& [bytes, expected] : cases) EXPECT_EQ(read(bytes), expected) << bytes;
}

TEST(ProxyHeader, RefusesWhatTheTextFormIsNot) {
  const std::string cases[] = {
      "GET / HTTP/1.1\r\n",
      "\x16\x03\x01",
      "PROXY\tTCP4 192.0.2.1 198.51.100.2 1 2\r\n",
      "proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 100000\r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n",
      "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\r\n",
      "PROXY TCP4 192.0.2.01 198.51.100.2 1 2\r\n",
      "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n",
      "PROXY TCP4 192.0.2 198.51.100.2 1 2\r\n",
      "PROXY TCP4 2001:db8::1 ::1 1 2\r\n",
      "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY TCP6 2001:db8::1%eth0 ::1 1 2\r\n",
      "PROXY TCP4 192.0.2.1 nowhere 1 2\r\n",
      "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
      "PROXY UNKNOWNS\r\n",
      "PROXY UNKNOWN a\0b\r\n"s,
      "PROXY \r\n",
      "PROXY UNKNOWN " + std::string(107 - 15, 'x') + "\r\n",
      "PROXY UNKNOWN " + std::string(200, 'x'),
  };
  for (const auto& bytes : cases) EXPECT_EQ(read(bytes), "malformed") << bytes;
}

TEST(ProxyHeader, ReadsTheBinaryForm) {
  const std::string tag = "\x01\x00\x02h2"s;
  const Case cases[] = {
      {binary('\x21', '\x11', kV4), "28 192.0.2.1"},
      {binary('\x21', '\x11', kV4) + "more", "28 192.0.2.1"},
      {binary('\x21', '\x11', kV4 + tag) + tag, "33 192.0.2.1"},
      {binary('\x21', '\x11', kV4 + "\x04\x00\x00"s), "31 192.0.2.1"},
      {binary('\x21', '\x21', kV6), "52 2001:db8::1"},
      {binary('\x21', '\x21', kV6 + tag + tag), "62 2001:db8::1"},
      {binary('\x21', '\x12', kV4), "28 -"},                     // a datagram
      {binary('\x21', '\x31', std::string(216, 'u')), "232 -"},  // a local socket
      {binary('\x21', '\0', ""), "16 -"},
      {binary('\x21', '\0', "whatever"), "24 -"},
      {binary('\x20', '\0', ""), "16 -"},
      {binary('\x20', '\x11', kV4), "28 -"},
      {binary('\x20', '\x7F', "any"), "19 -"},
      {binary('\x20', '\0', std::string(2048, 'x')), "2064 -"},
  };
  for (const auto& [bytes, expected] : cases) EXPECT_EQ(read(bytes), expected);
}

TEST(ProxyHeader, RefusesWhatTheBinaryFormIsNot) {
  const std::string cases[] = {
      binary('\x11', '\x11', kV4),
      binary('\x31', '\x11', kV4),
      binary('\x22', '\x11', kV4),
      binary('\x21', '\x41', kV4),
      binary('\x21', '\x13', kV4),
      binary('\x21', '\x11', kV4.substr(1)),
      binary('\x21', '\x21', kV6.substr(1)),
      binary('\x21', '\x31', std::string(215, 'u')),
      binary('\x20', '\0', std::string(2049, 'x')),
      binary('\x21', '\x11', kV4 + "\x04"),
      binary('\x21', '\x11', kV4 + "\x04\x00"s),
      binary('\x21', '\x11', kV4 + "\x04\x00\x05three"s.substr(0, 7)),  // longer than the header
      binary('\x21', '\x11', kV4 + "\x04\xFF\xFF"s) + std::string(70'000, 'x'),
      kMark.substr(0, 11) + "x",
      kMark + "\x11",
  };
  for (const auto& bytes : cases) EXPECT_EQ(read(bytes), "malformed");
}

TEST(ProxyHeader, WaitsForTheRest) {
  const std::string whole[] = {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "PROXY UNKNOWN\r\n",
                               binary('\x21', '\x11', kV4 + "\x04\x00\x00"s), binary('\x21', '\x21', kV6)};
  for (const auto& bytes : whole) {
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_EQ(read(bytes.substr(0, size)), "more");
    EXPECT_EQ(read(bytes + bytes).substr(0, 2), std::to_string(bytes.size()).substr(0, 2));
  }
}

}  // namespace
}  // namespace callgate::net
