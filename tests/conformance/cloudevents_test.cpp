// SPDX-License-Identifier: Apache-2.0
// The CloudEvents conformance events and batches of the JSON format (rules N102 to N105, N107).

#include <callgate/events/batch.hpp>
#include <callgate/json/document.hpp>

#include "key_text.hpp"
#include "vectors.hpp"

namespace callgate::conformance {
namespace {

class CloudEvents : public VectorTest {
 protected:
  void judge_file(const std::string& name, const char* member, bool expected) {
    const std::string text = read_text(vectors_ / "cloudevents" / (name + ".json"));
    const auto document = json::parse(text);
    ASSERT_TRUE(document) << name;
    for (const json::Value& test : document->root().find("tests")->elements()) {
      const auto batch = events::read_batch({}, text_of(text, *test.find(member)));
      expect_answer(differences_, text_member(test, "id"), batch.has_value(), expected,
                    batch ? "" : batch.error().detail);
      tally_.count(name + ": " + (batch ? "accepted" : "refused"));
    }
  }

  Differences differences_{"cloudevents"};
  Tally tally_;
};

TEST_F(CloudEvents, EventsAndBatches) {
  judge_file("valid-events", "event", true);
  judge_file("invalid-events", "event", false);
  judge_file("valid-batches", "batch", true);
  judge_file("invalid-batches", "batch", false);
  tally_.print("cloudevents");
  EXPECT_EQ(differences_.unmet(), "");
}

}  // namespace
}  // namespace callgate::conformance
