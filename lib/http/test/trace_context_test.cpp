// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/trace_context.hpp>

namespace callgate::http {
namespace {

TEST(TraceContext, TakesTheTraceIdOfAValidFieldAlone) {
  constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
  struct Row {
    const char* field;
    const char* trace_id;
  };
  const Row rows[] = {
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kTrace},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", kTrace},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes", kTrace},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", ""},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more", ""},
      {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", ""},
      {"00-00000000000000000000000000000000-b7ad6b7169203331-01", ""},
      {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", ""},
      {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", ""},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", ""},
      {"00-0af7651916cd43dd8448eb211c80319c.b7ad6b7169203331-01", ""},
      {"00-0af7651916cd43dd8448eb211c80319\n-b7ad6b7169203331-01", ""},
      {"", ""},
  };
  for (const Row& row : rows)
    EXPECT_EQ(find_trace_id({{"Traceparent", row.field}}).value_or(""), row.trace_id) << row.field;
  EXPECT_FALSE(find_trace_id({}));
  EXPECT_FALSE(find_trace_id({{"traceparent", rows[0].field}, {"traceparent", rows[0].field}})) << "which?";
}

}  // namespace
}  // namespace callgate::http
