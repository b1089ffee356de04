// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/field_text.hpp>

namespace callgate::http {
namespace {

TEST(FieldText, LeavesVisibleAsciiAndEncodesAllElse) {
  EXPECT_EQ(field_text(""), "");
  EXPECT_EQ(field_text("https://issuer.test/a?b=c&d#~"), "https://issuer.test/a?b=c&d#~");
  EXPECT_EQ(field_text("a b\r\nX: y\t%41"), "a%20b%0D%0AX:%20y%09%2541");
  EXPECT_EQ(field_text(std::string("\0\x7f\xc3\xa9", 4)), "%00%7F%C3%A9");
}

}  // namespace
}  // namespace callgate::http
