// SPDX-License-Identifier: Apache-2.0
// Everything a sender can get wrong, over a real socket: each gets its own status and reason, and the gateway
// goes on.
#include <gtest/gtest.h>
#include <callgate/digest/base64.hpp>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

class BadInput : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(gateway_.becomes_ready()); }
  // A refusal must leave the gateway as it was.
  void TearDown() override { EXPECT_EQ(gateway_.callback(issuer_.token(), event_body()).status, 200); }

  void expect(const Answer& answer, int status, const std::string& reason, const std::string& what) {
    EXPECT_EQ(answer.status, status) << what << ": " << answer.body;
    EXPECT_EQ(answer.reason(), reason) << what;
    EXPECT_EQ(answer.headers.find("Content-Type"), "application/problem+json") << what;
    EXPECT_EQ(answer.headers.count("WWW-Authenticate"), status == 401 ? 1U : 0U) << what;
    EXPECT_EQ(answer.headers.count("X-Request-Id"), 1U) << what;
  }
  void expect_401(const http::Headers& headers, const std::string& reason, const std::string& what) {
    expect(post(gateway_.address(), kPath, headers, event_body()), 401, reason, what);
  }

  TestIssuer issuer_;
  Gateway gateway_{issuer_.url()};
};

TEST_F(BadInput, AuthorizationFields) {
  expect_401({}, "token_missing", "no header");
  expect_401({{"Authorization", ""}}, "token_malformed", "empty header");
  expect_401({{"Authorization", "Bearer"}}, "token_malformed", "Bearer alone");
  expect_401({{"Authorization", "Bearer "}}, "token_malformed", "Bearer and a space");
  expect_401({{"Authorization", "Basic dXNlcjpwYXNz"}}, "scheme_unsupported", "Basic");
  expect_401({{"Authorization", "Token " + issuer_.token()}}, "scheme_unsupported", "another scheme");
  expect_401({{"Authorization", issuer_.token()}}, "scheme_unsupported", "no scheme");
  expect_401({{"Authorization", "Bearer " + issuer_.token()}, {"Authorization", "Bearer " + issuer_.token()}},
             "token_malformed", "two fields");
  expect_401({{"Cookie", "Authorization=Bearer " + issuer_.token()}}, "token_missing", "token in a cookie");
  expect(post(gateway_.address(), std::string(kPath) + "?access_token=" + issuer_.token(), {}, event_body()),
         401, "token_missing", "token in the query");
}

TEST_F(BadInput, TokenShapes) {
  const std::string good = issuer_.token();
  const std::string header = good.substr(0, good.find('.'));
  const std::string payload = good.substr(header.size() + 1, good.rfind('.') - header.size() - 1);
  for (const std::string& text :
       {std::string("abc"), header + "." + payload, good + ".", good + ".e30",
        header + "." + payload + ".a b", header + "." + payload + ".****",
        header + "." + payload + ".AAAA=", std::string(".."), std::string("{\"payload\":\"e30\"}")}) {
    expect_401(bearer(text), "token_malformed", text.substr(0, 40));
  }
  expect_401(bearer(std::string(std::size_t{16} * 1024 + 1, 'a')), "token_too_large", "one byte over 16 KiB");
  expect_401(bearer(std::string(std::size_t{16} * 1024, 'a')), "token_malformed", "16 KiB exactly");
}

TEST_F(BadInput, TokenHeaders) {
  const std::string kid = issuer_.key().kid();
  const auto with = [&](const std::string& alg) {
    return bearer(issuer_.token_with_header(R"({"alg":)" + alg + R"(,"kid":")" + kid + "\"}"));
  };
  expect_401(with("\"none\""), "algorithm_not_allowed", "alg none");
  expect_401(with("\"HS256\""), "algorithm_not_allowed", "alg HS256");
  expect_401(with("\"XX999\""), "algorithm_not_allowed", "alg unknown");
  expect_401(with("\"ES256\""), "algorithm_not_allowed", "alg not of this sender");
  expect_401(with("7"), "token_malformed", "alg a number");
  expect_401(bearer(issuer_.token_with_header(R"({"kid":")" + kid + "\"}")), "token_malformed", "alg absent");
  expect_401(bearer(issuer_.token_with_header(R"({"alg":"RS256"})")), "token_malformed", "kid absent");
  expect_401(bearer(issuer_.token_with_header(R"({"alg":"RS256","kid":"no-such-key"})")), "key_unknown",
             "unknown kid");
  expect_401(bearer(issuer_.token_with_header(R"({"alg":"RS256","typ":"at+jwt","kid":")" + kid + "\"}")),
             "token_type_unexpected", "another kind");
  expect_401(
      bearer(issuer_.token_with_header(R"({"alg":"RS256","crit":["b64"],"b64":false,"kid":")" + kid + "\"}")),
      "critical_header_unsupported", "crit");
  const std::string hs256 = mint::sign_token_hs256(
      issuer_.key().public_pem(), R"({"alg":"HS256","kid":")" + kid + "\"}", issuer_.claims());
  expect_401(bearer(hs256), "algorithm_not_allowed", "HMAC with the public key");
  const auto stranger = *mint::SigningKey::generate_rsa(2048, kid);
  expect_401(bearer(mint::sign_token(stranger, R"({"alg":"RS256","kid":")" + kid + "\"}", issuer_.claims())),
             "signature_invalid", "another key");
}

TEST_F(BadInput, Claims) {
  const std::int64_t now = now_seconds();
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  expect_401(bearer(issuer_.token({{"iss", "\"https://evil.test\""}})), "issuer_mismatch", "wrong issuer");
  expect_401(bearer(issuer_.token({{"iss", "-"}})), "issuer_mismatch", "no issuer");
  expect_401(bearer(issuer_.token({{"aud", "\"00000000-92ab-4c3f-a1d8-e67b30f59c21\""}})),
             "audience_mismatch", "wrong audience");
  expect_401(bearer(issuer_.token({{"aud", "-"}})), "audience_mismatch", "no audience");
  expect_401(bearer(issuer_.token(
                 {{"exp", number(now - 31)}, {"iat", number(now - 331)}, {"nbf", number(now - 331)}})),
             "token_expired", "a second past the skew");
  expect_401(bearer(issuer_.token({{"exp", "-"}})), "expiry_missing", "no exp");
  expect_401(bearer(issuer_.token({{"exp", "\"" + number(now + 300) + "\""}})), "claims_malformed",
             "exp as a string");
  expect_401(bearer(issuer_.token({{"exp", "1e309"}})), "claims_malformed", "exp infinite");
  expect_401(bearer(issuer_.token({{"exp", number(now + 86400)}})), "lifetime_too_long", "24 hours");
  expect_401(bearer(issuer_.token({{"nbf", number(now + 120)}})), "token_not_yet_valid", "not before");
  expect_401(bearer(issuer_.token({{"iat", number(now + 120)}})), "issued_in_future", "issued in the future");
  expect_401(bearer(mint::sign_token(issuer_.key(), R"({"alg":"RS256","kid":")" + issuer_.key().kid() + "\"}",
                                     "[]")),
             "claims_malformed", "claims no object");
}

TEST_F(BadInput, SizesAndHttp) {
  expect(post(gateway_.address(), kPath, bearer(std::string(100'000, '.')), ""), 431, "headers_too_large",
         "100,000 dots");
  expect(post(gateway_.address(), kPath, bearer(issuer_.token()), std::string(1024 * 1024 + 1, ' ')), 413,
         "body_too_large", "body over 1 MiB");
  expect(request(gateway_.address(), std::string("POST ") + kPath +
                                         " HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n"),
         413, "body_too_large", "declared length");
  const Answer get_answer = get(gateway_.address(), kPath);
  expect(get_answer, 405, "method_not_allowed", "GET");
  EXPECT_EQ(get_answer.headers.find("Allow"), "POST");
  for (const char* target : {"/", "/api", "/api/callbacks", "/api/callback/../admin",
                             "/api/callback/%2e%2e/admin", "/api/callback//x", "/API/CALLBACK"}) {
    expect(post(gateway_.address(), target, bearer(issuer_.token()), event_body()), 404, "route_unknown",
           target);
  }
  expect(request(gateway_.address(), "POST /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n"), 414,
         "target_too_long", "long target");
  http::Headers expecting = bearer(issuer_.token());
  expecting.add("Expect", "magic");
  expect(post(gateway_.address(), kPath, expecting, event_body()), 417, "expectation_failed",
         "Expect: magic");
}

TEST_F(BadInput, ChunkedBodyOverTheLimit) {
  Wire wire(gateway_.address());
  wire.send(std::string("POST ") + kPath + " HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer " +
            issuer_.token() + "\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  for (int i = 0; i < 17; ++i) wire.send(chunk);
  expect(wire.receive(), 413, "body_too_large", "17 chunks of 64 KiB");
}

TEST_F(BadInput, MalformedHttp) {
  const std::string start = std::string("POST ") + kPath + " HTTP/1.1\r\nHost: t\r\n";
  for (const std::string& text :
       {std::string("garbage\r\n\r\n"), std::string("GET / HTTP/1.1\r\n\r\n"), start + "Host: u\r\n\r\n",
        start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", start + "Content-Length: -1\r\n\r\n",
        start + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", start + "X : y\r\n\r\n",
        start + "X: y\r\n z\r\n\r\n", start + "X: \x01\r\n\r\n",
        std::string("POST / HTTP/3.0\r\nHost: t\r\n\r\n")}) {
    expect(request(gateway_.address(), text), 400, "http_malformed", text);
  }
  http::Headers headers = bearer(issuer_.token());
  headers.add("Transfer-Encoding", "chunked");
  expect(request(gateway_.address(), std::string("POST ") + kPath +
                                         " HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer " + issuer_.token() +
                                         "\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
         400, "http_malformed", "bad chunk size");
}

TEST_F(BadInput, Bodies) {
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("[]"), std::string("nonsense"),
        std::string("[{\"id\":\"1\"}]"), std::string("\xFF\xFE"), std::string(5000, '[')}) {
    expect(gateway_.callback(issuer_.token(), body), 400, "event_malformed", body.substr(0, 30));
  }
  http::Headers headers{{"Authorization", "Bearer " + issuer_.token()}, {"Content-Type", "text/xml"}};
  expect(post(gateway_.address(), kPath, headers, event_body()), 415, "content_type_unsupported", "text/xml");
  headers = bearer(issuer_.token());
  headers.add("Content-Encoding", "gzip");
  expect(post(gateway_.address(), kPath, headers, event_body()), 415, "content_type_unsupported", "gzip");
}

TEST_F(BadInput, TheOrderOfChecksIsTheContracts) {
  const std::string large = "Content-Length: 99999999\r\n";
  const std::string first = "Host: t\r\n";
  const auto status = [&](const std::string& text) {
    return request(gateway_.address(), text + "\r\n\r\n").status;
  };
  EXPECT_EQ(status("GET /nowhere HTTP/1.1\r\n" + first + large + "Expect: x"), 404) << "route before method";
  EXPECT_EQ(status(std::string("GET ") + kPath + " HTTP/1.1\r\n" + first + large + "Expect: x"), 405)
      << "method before expectation";
  EXPECT_EQ(status(std::string("POST ") + kPath + " HTTP/1.1\r\n" + first + large + "Expect: x"), 417)
      << "expectation before length";
  EXPECT_EQ(status(std::string("POST ") + kPath + " HTTP/1.1\r\n" + first + large + "Content-Type: x"), 413)
      << "length before token";
  EXPECT_EQ(post(gateway_.address(), kPath, {{"Content-Type", "x/y"}}, "").status, 401)
      << "token before content type";
  EXPECT_EQ(post(gateway_.address(), kPath,
                 {{"Authorization", "Bearer " + issuer_.token()}, {"Content-Type", "x/y"}}, "")
                .status,
            415)
      << "content type before body";
}

}  // namespace
}  // namespace callgate::e2e
