// SPDX-License-Identifier: Apache-2.0
#include "inbox_masking.hpp"

#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "inbox_view.hpp"

namespace callgate::admin {
namespace {

// A sender may write a number into every text that is its own.
delivery::Stored full_of_numbers() {
  const std::string phone = "+447700900123";
  delivery::Stored out;
  out.passage.target = "/api/callback/" + phone + "/%2B447700900123?to=" + phone;
  out.passage.fields = {{"Content-Type", "application/json; a=" + phone}};
  out.verdict.subject = "Dora Caller";
  out.verdict.key_id = "k" + phone;
  out.verdict.audience = "aud " + phone;
  out.verdict.claims = R"({"sub":"Dora Caller"})";
  out.event = {.key = "evt_1",
               .call = "4:" + phone,
               .id = "e " + phone,
               .type = "Called." + phone,
               .body = "[{\"from\":\"" + phone + "\"}]"};
  return out;
}

TEST(InboxMasking, ListAndShowMaskTheNumbersThatASenderWrote) {
  const std::string listed = inbox_list_json({full_of_numbers()}, 100);
  const std::string shown = inbox_event_json(full_of_numbers());
  for (const std::string& said : {listed, shown}) {
    for (const char* own : {"7700900", "Dora"}) EXPECT_EQ(said.find(own), std::string::npos) << said;
    for (const char* left :
         {R"("call":"4:+44...123")", R"("event_id":"e +44...123")", R"("type":"Called.+44...123")"})
      EXPECT_NE(said.find(left), std::string::npos) << said;
  }
  for (const char* left :
       {R"("path":"/api/callback/+44...123/%2B44...123")",
        R"("content_type":"application/json; a=+44...123")",
        R"("audience":"aud +44...123","subject":"...","kid":"k+44...123")", R"("claims":{"sub":"..."})"})
    EXPECT_NE(shown.find(left), std::string::npos) << left << "\n" << shown;
}

TEST(InboxMasking, WhoTakesGetsTheRealThing) {
  const std::string taken = inbox_lease_json({.id = "lease", .until = {}, .events = {full_of_numbers()}});
  for (const char* whole :
       {R"("call":"4:+447700900123")", R"("event_id":"e +447700900123")", R"("type":"Called.+447700900123")",
        R"("target":"/api/callback/+447700900123/%2B447700900123?to=+447700900123")",
        R"("subject":"Dora Caller","kid":"k+447700900123")", R"("body":"[{\"from\":\"+447700900123\"}]")"})
    EXPECT_NE(taken.find(whole), std::string::npos) << whole << "\n" << taken;
}

TEST(InboxMasking, ASubjectIsShownIfItIsAGuid) {
  const std::string guid = "3A9f5c10-4420-4123-8123-447700900123";
  for (const auto& [subject, seen] : {std::pair<std::string, std::string>{"", ""},
                                      {guid, guid},
                                      {guid + "0", "..."},
                                      {"Dora Caller", "..."},
                                      {"+447700900123", "..."}}) {
    delivery::Stored stored;
    stored.verdict.subject = subject;
    EXPECT_EQ(masked(stored).verdict.subject, seen);
  }
}

TEST(InboxMasking, ClaimsThatWereJudgedAreShownAndOfOthersTheName) {
  struct Row {
    const char* claims;
    const char* seen;
  };
  const Row rows[] = {
      {R"({"iss":"https://i.test/+447700900123","jti":"+447700900123"})",
       R"({"iss":"https://i.test/+44...123","jti":"+44...123"})"},
      {R"({"exp":1.50e3,"nbf":7,"iat":-1,"aud":"a"})", R"({"exp":1.50e3,"nbf":7,"iat":-1,"aud":"a"})"},
      {R"({"aud":["a","4:+447700900123",{"+447700900123":1},[2]]})",
       R"({"aud":["a","4:+44...123","...","..."]})"},
      {R"({"sub":"3a9f5c10-4420-4123-8123-447700900123"})",
       R"({"sub":"3a9f5c10-4420-4123-8123-447700900123"})"},
      {R"({"sub":"4:+447700900123"})", R"({"sub":"..."})"},
      {R"({"sub":7})", R"({"sub":"..."})"},
      {R"({"name":"Dora","roles":["a"],"n":1,"o":{"x":"Dora"},"z":null})",
       R"({"name":"...","roles":"...","n":"...","o":"...","z":"..."})"},
      {R"({"iat":{"n":"Dora"}})", R"({"iat":"..."})"},
      // Two names that are the same now are one: the document stays one that a strict reader takes.
      {R"({"+447700900123":1,"+447711900123":2})", R"({"+44...123":"..."})"},
      {"{}", "{}"},
      {"{broken", R"("...")"},
      {R"("Dora")", R"("...")"},
      {"[\"Dora\"]", R"("...")"},
  };
  for (const Row& row : rows) {
    json::Writer out;
    write_masked_claims(out, row.claims);
    EXPECT_EQ(out.text(), row.seen);
    EXPECT_TRUE(json::parse(out.text(), json::Strictness::i_json)) << out.text();
  }
}

}  // namespace
}  // namespace callgate::admin
