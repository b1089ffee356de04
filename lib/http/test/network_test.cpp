// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/http/network.hpp>

namespace callgate::http {
namespace {

TEST(Address, ReadsWhatIsAnAddressAndNothingElse) {
  const struct {
    const char* text;
    const char* normal;  // null: no address
  } rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0db8::00a1", "2001:db8::a1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::FFFF:c000:201", "192.0.2.1"},
      {"::192.0.2.1", "::c000:201"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"", nullptr},
      {"192.0.2", nullptr},
      {"192.0.2.1.", nullptr},
      {"192.0.2.256", nullptr},
      {"192.0.2.01", nullptr},
      {"0x7f.0.0.1", nullptr},
      {"127.1", nullptr},
      {" 192.0.2.1", nullptr},
      {"192.0.2.+1", nullptr},
      {"2130706433", nullptr},
      {":", nullptr},
      {":::", nullptr},
      {"1::2::3", nullptr},
      {"1:2:3:4:5:6:7", nullptr},
      {"1:2:3:4:5:6:7:8:9", nullptr},
      {"1:2:3:4:5:6:7:8::", nullptr},
      {"fe80::1%eth0", nullptr},
      {"12345::", nullptr},
      {"::192.0.2.1:1", nullptr},
      {"[::1]", nullptr},
      {"localhost", nullptr},
  };
  for (const auto& row : rows) {
    const auto address = Address::parse(row.text);
    ASSERT_EQ(address.has_value(), row.normal != nullptr) << row.text;
    if (address) {
      EXPECT_EQ(address->text(), row.normal) << row.text;
    }
  }
}

TEST(Network, HoldsTheAddressesOfItsPrefix) {
  const struct {
    const char* network;
    const char* address;
    bool inside;
  } rows[] = {
      {"52.112.0.0/14", "52.112.0.0", true},
      {"52.112.0.0/14", "52.115.255.255", true},
      {"52.112.0.0/14", "52.116.0.0", false},
      {"52.112.0.0/14", "::ffff:52.113.1.1", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "203.0.113.9", false},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.6", false},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::ffff:192.0.2.0/120", "192.0.2.200", true},
      {"::ffff:192.0.2.0/120", "192.0.3.1", false},
  };
  for (const auto& row : rows) {
    const auto network = Network::parse(row.network);
    ASSERT_TRUE(network) << row.network;
    EXPECT_EQ(network->contains(*Address::parse(row.address)), row.inside)
        << row.network << " " << row.address;
  }
}

TEST(Network, RefusesWhatIsNoNetwork) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8 ",
                           "10.0.0.1/8", "::1/127", "::/129", "::ffff:10.0.0.0/8", "example.org/8"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Source, IsTheLastAddressThatNoTrustedProxyWrote) {
  const std::vector<Network> trusted{*Network::parse("10.0.0.0/8"), *Network::parse("2001:db8::/32")};
  const struct {
    const char* peer;
    std::vector<const char*> forwarded;
    const char* source;  // null: unknown
  } rows[] = {
      {"192.0.2.1", {"198.51.100.1"}, "192.0.2.1"},  // a stranger's word
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"1.2.3.4", "198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"198.51.100.1, 10.2.3.4"}, "198.51.100.1"},
      {"10.0.0.1", {"10.9.9.9"}, "10.9.9.9"},
      {"10.0.0.1", {"198.51.100.1:4711"}, "198.51.100.1"},
      {"10.0.0.1", {"[2001:4860::1]:443"}, "2001:4860::1"},
      {"10.0.0.1", {"2001:4860::1"}, "2001:4860::1"},
      {"2001:db8::1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"1.2.3.4, unknown"}, nullptr},
      {"10.0.0.1", {"1.2.3.4, _hidden, 10.0.0.2"}, nullptr},
      {"10.0.0.1", {"garbage, 198.51.100.1"}, "198.51.100.1"},
      {"10.0.0.1", {"[::1"}, nullptr},
      {"10.0.0.1", {"[::1]x"}, nullptr},
      {"10.0.0.1", {"[::1]:x"}, nullptr},
      {"10.0.0.1", {"[198.51.100.1]:1"}, nullptr},
      {"10.0.0.1", {"198.51.100.1:"}, nullptr},
      {"10.0.0.1", {"198.51.100.1:65536"}, nullptr},
      {"10.0.0.1", {"198.51.100.1:1 2"}, nullptr},
      {"10.0.0.1", {""}, "10.0.0.1"},
  };
  for (const auto& row : rows) {
    Headers headers;
    for (const char* field : row.forwarded) headers.add("x-forwarded-for", field);
    const auto source = find_source(*Address::parse(row.peer), headers, trusted);
    ASSERT_EQ(source.has_value(), row.source != nullptr) << row.peer;
    if (source) {
      EXPECT_EQ(source->text(), row.source) << row.peer;
    }
  }
}

TEST(Address, KnowsLoopback) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(Address::parse(text)->is_loopback()) << text;
  for (const char* text : {"128.0.0.1", "::2", "::", "1::1", "0.0.0.0"})
    EXPECT_FALSE(Address::parse(text)->is_loopback()) << text;
}

}  // namespace
}  // namespace callgate::http
