// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/gate/column.hpp>

namespace callgate::gate {
namespace {

TEST(QuerySecret, AdmitsOnlyTheSecretItself) {
  const QuerySecret secret{"token", base::Redacted<std::string>("s3cret+/=")};
  const struct {
    const char* query;
    bool admitted;
  } rows[] = {
      {"token=s3cret+/=", true},
      {"token=s3cret%2B%2f%3D", true},
      {"a=b&token=s3cret+/=&c", true},
      {"%74oken=s3cret+/=", true},
      {"", false},
      {"token", false},
      {"token=", false},
      {"token=s3cret", false},
      {"token=s3cret%20/=", false},
      {"token=s3cret+/=x", false},
      {"Token=s3cret+/=", false},
      {"other=s3cret+/=", false},
      {"token=s3cret+/=&token=s3cret+/=", false},
      {"token=wrong&token=s3cret+/=", false},
      {"token=s3cret%2", false},
      {"token=s3cret%zz", false},
      {"&&&=&token", false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(judge_query_secret(row.query, secret).has_value(), row.admitted) << row.query;
}

TEST(QuerySecret, AnEmptyOneAdmitsNothing) {
  const QuerySecret secret{"token", base::Redacted<std::string>("")};
  for (const char* query : {"", "token", "token="}) {
    const auto judged = judge_query_secret(query, secret);
    ASSERT_FALSE(judged) << query;
    EXPECT_EQ(judged.error().reason, refusal::Reason::query_secret_wrong);
  }
}

TEST(QuerySecret, LetsTheEventsBeRead) {
  const QuerySecret secret{"token", base::Redacted<std::string>("x")};
  const auto proof = judge_query_secret("token=x", secret);
  ASSERT_TRUE(proof);
  const http::Headers json{{"Content-Type", "application/json"}};
  EXPECT_TRUE(judge_body(*proof, json, R"([{"specversion":"1.0","id":"1","source":"s","type":"t"}])"));
  EXPECT_EQ(judge_body(*proof, json, "{}").error().reason, refusal::Reason::event_malformed);
  EXPECT_EQ(judge_body(*proof, {{"Content-Type", "text/html"}}, "{}").error().reason,
            refusal::Reason::content_type_unsupported);
}

}  // namespace
}  // namespace callgate::gate
