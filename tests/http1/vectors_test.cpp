// SPDX-License-Identifier: Apache-2.0
// Every HTTP vector against the running gateway: whole, cut in two at a random place, and byte by byte. A
// request counts as acted on when its answer is anything but a refusal of its framing. No more may be acted
// on than the most lenient reading of RFC 9112 allows (a "must" rule), and as many as the strict reading
// says, unless differences.txt lists the case.
#include <callgate/json/document.hpp>
#include <cstdlib>
#include <random>

#include "../conformance/vectors.hpp"
#include "caller.hpp"
#include "http_vectors.hpp"
#include "pinned_gateway.hpp"

namespace callgate::http1 {
namespace {

using conformance::Differences;
using conformance::Tally;

constexpr std::chrono::seconds kPatience{
    8};  // shorter than any time-out of a read: the end must come by itself

enum class Cut { whole, in_two, in_bytes };

bool is_framing_refusal(const Answer& answer) {
  for (const char* reason : {"http_malformed", "request_timeout", "body_too_large", "target_too_long",
                             "expectation_failed", "headers_too_large"}) {
    if (answer.reason == reason) return true;
  }
  return answer.status == 501 || answer.status == 505;
}

// Given before the body has been read, so it says nothing about the body.
bool is_early(const Answer& answer) {
  return answer.status == 401 || answer.status == 403 || answer.status == 404 || answer.status == 405;
}

std::size_t acted_on(const std::vector<Answer>& answers) {
  std::size_t count = 0;
  for (const Answer& answer : answers) count += is_framing_refusal(answer) ? 0U : 1U;
  return count;
}

std::string text_of(const std::vector<Answer>& answers) {
  std::string out;
  for (const Answer& answer : answers) out += std::to_string(answer.status) + " " + answer.reason + "; ";
  return out.empty() ? "no answer" : out;
}

std::uint64_t chosen_seed() {
  const char* given = std::getenv("CALLGATE_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  return given != nullptr && *given != '\0' ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

// NOLINTNEXTLINE(cert-msc32-c,cert-msc51-cpp): SetUp() seeds it
class HttpVectors : public conformance::VectorTest {
 protected:
  void SetUp() override {
    VectorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    gateway_.emplace(CALLGATE_PROGRAM, std::vector<std::string>{"--path", "/"});
    ASSERT_NE(gateway_->port(), 0) << gateway_->log();
    const std::uint64_t seed = chosen_seed();
    std::cout << "seed " << seed << " (CALLGATE_SEED repeats it)\n";
    random_.seed(seed);
  }
  void TearDown() override {
    if (!gateway_ || gateway_->port() == 0) return;
    const auto report = gateway_->take_sanitizer_report();
    EXPECT_FALSE(report) << report.value_or("");
    EXPECT_EQ(gateway_->stop(), 0);
  }

  std::vector<Answer> exchange(const std::string& id, const std::string& bytes, Cut cut) {
    Caller caller(gateway_->port());
    EXPECT_TRUE(caller.connected()) << id;
    std::size_t piece = bytes.size();
    if (cut == Cut::in_two) piece = 1 + random_() % bytes.size();
    if (cut == Cut::in_bytes) piece = 1;
    for (std::size_t at = 0; at < bytes.size(); at += cut == Cut::in_two && at > 0 ? bytes.size() : piece) {
      const std::size_t size = cut == Cut::in_two && at > 0 ? bytes.size() : piece;
      if (!caller.send(std::string_view(bytes).substr(at, size))) break;
      if (cut == Cut::in_two) caller.let_it_read();
    }
    caller.finish_sending();
    return read_answers(id, caller);
  }

  // Exchanges every cut; `judge` sees the answers of each.
  template <class Judge>
  void with_every_cut(const std::string& id, const std::string& bytes, Judge judge) {
    for (const Cut cut : {Cut::whole, Cut::in_two, Cut::in_two, Cut::in_bytes}) {
      SCOPED_TRACE(id + (cut == Cut::whole    ? " whole"
                         : cut == Cut::in_two ? " cut in two"
                                              : " byte by byte"));
      judge(exchange(id, bytes, cut));
      ++exchanges_;
    }
    const auto fault = gateway_->find_fault();
    EXPECT_FALSE(fault) << id << " did the gateway harm: " << fault.value_or("");
  }

  void broke_a_must(const std::string& id, const std::string& what) {
    broken_.insert(id);
    ADD_FAILURE() << id << ": " << what;
  }

  void print_counts(const std::string& title) const {
    tally_.print(title);
    std::cout << "  " << exchanges_ << " exchanges; must rules broken by " << broken_.size() << " of "
              << tally_.total() << " cases\n";
  }

  std::optional<PinnedGateway> gateway_;
  std::mt19937_64 random_;
  Tally tally_;
  std::set<std::string> broken_;
  std::size_t exchanges_ = 0;

 private:
  std::vector<Answer> read_answers(const std::string& id, Caller& caller) {
    const auto bytes = caller.read_to_end(kPatience);
    if (!bytes) {
      broke_a_must(id, "the connection stayed open although nothing more could come");
      return {};
    }
    const auto answers = parse_answers(*bytes);
    if (!answers) {
      broke_a_must(id, "the answer is not HTTP: " + *bytes);
      return {};
    }
    for (const Answer& answer : *answers) {
      if (answer.status >= 500) broke_a_must(id, "answered " + text_of(*answers));
    }
    return *answers;
  }
};

class RequestVectors : public HttpVectors {
 protected:
  // As it stands: without a token nothing is admitted, and the answers come before the bodies.
  void judge_as_it_is(const RequestVector& vector) {
    const bool body_may_follow =
        vector.bytes.find("\r\n\r\n") != std::string::npos &&
        (vector.oracle_reason == "more bytes wanted" || vector.oracle_reason == "chunk line");
    with_every_cut(vector.id, vector.bytes, [&](const std::vector<Answer>& answers) {
      const bool early = body_may_follow && !answers.empty() && is_early(answers.back());
      if (acted_on(answers) > vector.lenient_count + (early ? 1U : 0U))
        broke_a_must(vector.id, vector.name + ": " + text_of(answers));
      for (const Answer& answer : answers) {
        if (answer.status == 200) broke_a_must(vector.id, "admitted without a token");
      }
    });
  }

  // As a callback with a token that holds, so that the answer comes behind the body.
  void judge_as_callback(const RequestVector& vector, const std::string& bytes) {
    with_every_cut(vector.id, bytes, [&](const std::vector<Answer>& answers) {
      const std::size_t count = acted_on(answers);
      if (count > vector.lenient_count) return broke_a_must(vector.id, vector.name + ": " + text_of(answers));
      if (count == vector.strict_count) return;
      EXPECT_TRUE(differences_.holds(vector.id))
          << vector.name << ": acted on " << count << ", the strict reading says " << vector.strict_count
          << ": " << text_of(answers);
    });
  }

  // Most vectors stop short of the blank line behind the head or behind the last chunk. With it, what the
  // strict reading refuses must still be refused.
  void judge_completed(const RequestVector& vector, const std::string& bytes) {
    with_every_cut(vector.id, bytes + "\r\n\r\n", [&](const std::vector<Answer>& answers) {
      if (vector.strict_end != "reject" || acted_on(answers) <= vector.strict_count) return;
      const std::string what = vector.name + ", completed: " + text_of(answers);
      if (vector.lenient_end == "reject") return broke_a_must(vector.id, what);
      EXPECT_TRUE(differences_.holds(vector.id)) << what;
    });
  }

  Differences differences_{"llhttp"};
};

TEST_F(RequestVectors, NoMoreRequestsAreActedOnThanTheStandardAllows) {
  const auto vectors = read_request_vectors(vectors_ / "http1/llhttp.jsonl");
  ASSERT_GE(vectors.size(), 50U) << "the vectors are not there, or not readable";
  for (const RequestVector& vector : vectors) {
    ASSERT_FALSE(vector.bytes.empty()) << vector.id;
    tally_.count(vector.expect);
    judge_as_it_is(vector);
    const std::string callback = as_callback(vector.bytes, gateway_->good_token());
    if (!callback.empty()) judge_as_callback(vector, callback);
    judge_completed(vector, callback.empty() ? vector.bytes : callback);
  }
  print_counts("llhttp");
  std::cout << "  " << differences_.met() << " listed differences met\n";
  EXPECT_EQ(differences_.unmet(), "") << "these are listed as different and are not";
}

class Gadgets : public HttpVectors {
 protected:
  // With chunks, the body of by_length is an event: 200. By length it is none: 400 or 415.
  void judge(const Gadget& gadget, const std::vector<Answer>& answers, bool by_length) {
    const std::size_t count = acted_on(answers);
    const bool smuggled =
        std::any_of(answers.begin(), answers.end(), [](const Answer& a) { return a.status == 405; });
    if (gadget.expect == "cl-only") {
      const std::size_t expected = by_length ? 1 : 2;
      if (count != expected || answers.front().status == 200 || smuggled == by_length)
        broke_a_must(gadget.id, gadget.name + ": " + text_of(answers));
      return;
    }
    const bool te_then_close = gadget.expect == "reject-or-te-then-close" && count == 1 && !smuggled &&
                               answers.size() == 1 && (!by_length || answers.front().status == 200);
    if (count > 0 && !te_then_close) broke_a_must(gadget.id, gadget.name + ": " + text_of(answers));
    if (answers.size() != 1)
      broke_a_must(gadget.id, gadget.name + ": wanted one refusal, got " + text_of(answers));
  }
};

TEST_F(Gadgets, NoneSmugglesARequest) {
  const auto gadgets = read_gadgets(vectors_ / "http1/smuggler_gadgets.jsonl");
  ASSERT_GE(gadgets.size(), 400U) << "the vectors are not there, or not readable";
  for (const Gadget& gadget : gadgets) {
    ASSERT_FALSE(gadget.lines.empty()) << gadget.id;
    tally_.count(gadget.expect);
    const SmugglingPair pair = smuggle(gadget, gateway_->good_token(), event_body());
    with_every_cut(gadget.id, pair.by_length,
                   [&](const std::vector<Answer>& answers) { judge(gadget, answers, true); });
    with_every_cut(gadget.id, pair.by_chunks,
                   [&](const std::vector<Answer>& answers) { judge(gadget, answers, false); });
  }
  print_counts("smuggler");
}

// The judge itself: a pair without any gadget is read both ways as said.
TEST_F(Gadgets, PlainPairIsReadAsTheTestSays) {
  const Gadget none{"none", "none", "cl-only", "X: X\r\n"};
  const SmugglingPair pair = smuggle(none, gateway_->good_token(), event_body());
  const auto by_length = exchange("none", pair.by_length, Cut::whole);
  ASSERT_EQ(by_length.size(), 1U) << text_of(by_length);
  EXPECT_EQ(by_length.front().reason, "event_malformed");
  const auto by_chunks = exchange("none", pair.by_chunks, Cut::whole);
  ASSERT_GE(by_chunks.size(), 2U) << text_of(by_chunks);
  EXPECT_EQ(by_chunks[0].reason, "event_malformed");
  EXPECT_EQ(by_chunks[1].reason, "method_not_allowed");
}

}  // namespace
}  // namespace callgate::http1
