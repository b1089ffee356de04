// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/digest/base64.hpp>
#include <callgate/digest/hmac.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/digest/secret.hpp>
#include <callgate/digest/sha2.hpp>

#include <regex>

namespace callgate::digest {
namespace {

TEST(Base64Url, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Base64Url, FollowsRfc4648) {
  EXPECT_EQ(encode_base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode_base64url("fooba"), "Zm9vYmE");
  EXPECT_EQ(encode_base64url("foob"), "Zm9vYg");
  EXPECT_EQ(encode_base64url("\xFB\xFF"), "-_8");
  EXPECT_EQ(encode_base64("foob"), "Zm9vYg==");
}

TEST(Base64Url, OneTextForOneValue) {
  for (const char* text :
       {"Z", "Zm9vY", "Zg==", "Zh", "Zm9", "Z m9", "Zm9v\n", "+/8", "Zm9vYmF=", "\xC3\xA9_", "Zm-*"}) {
    EXPECT_FALSE(decode_base64url(text)) << text;
  }
  EXPECT_EQ(decode_base64url("Zm8"), "fo");
}

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Base64, OneTextForOneValue) {
  EXPECT_EQ(decode_base64("+/8="), "\xFB\xFF");
  for (const char* text : {"Zg", "Zg=", "Zg===", "=Zg=", "Z===", "====", "Zh==", "Zm9=", "-_8=", "Zg==\n",
                           "Zg==Zg==", "Z g=", "\xC3\xA9=="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

// RFC 4231, test cases 2, 3 and 6.
TEST(Hmac, FollowsRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?").view()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd')).view()),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")
                 .view()),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac_sha256("", "").size, 32U);
}

TEST(Sha2, FollowsFips180) {
  EXPECT_EQ(to_hex(hash(Sha2::sha256, "abc").view()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash(Sha2::sha384, "abc").size, 48U);
  EXPECT_EQ(to_hex(hash(Sha2::sha512, "abc").view()).substr(0, 16), "ddaf35a193617aba");
}

TEST(Random, MakesVersion4Uuids) {
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::string first = random_uuid();
  EXPECT_TRUE(std::regex_match(first, form)) << first;
  EXPECT_NE(first, random_uuid());
}

TEST(Secret, IsTheSameOnlyByteForByte) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(is_same_secret("open sesame", "open sesame"));
  EXPECT_TRUE(is_same_secret("", ""));
  EXPECT_FALSE(is_same_secret("open sesame", "open sesamf"));
  EXPECT_FALSE(is_same_secret("open sesame", "Open sesame"));
  EXPECT_FALSE(is_same_secret("open sesame", "open sesame "));
  EXPECT_FALSE(is_same_secret("open", "open\0"sv));
  EXPECT_FALSE(is_same_secret("", "x"));
}

}  // namespace
}  // namespace callgate::digest
