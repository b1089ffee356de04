// SPDX-License-Identifier: Apache-2.0
#include "sender.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "answer_reader.hpp"

namespace callgate::load {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;

constexpr auto kRest = std::chrono::milliseconds(20);   // after a failure, before the same slot is used again
constexpr auto kSweep = std::chrono::milliseconds(50);  // how often time-outs are looked for
std::atomic<bool> stop_asked = false;
static_assert(std::atomic<bool>::is_always_lock_free);

constexpr auto kGrace = std::chrono::seconds(5);  // for requests that are due and found no free slot

template <class Seconds>
Clock::duration to_duration(Seconds seconds) {
  return duration_cast<Clock::duration>(duration<double>(seconds));
}

unsigned share_of(unsigned whole, unsigned parts, unsigned part) {
  return whole / parts + (part < whole % parts ? 1 : 0);
}

}  // namespace

void stop_sending() {
  stop_asked = true;
}

Sender::Sender(const SendOptions& options, const Callbacks& callbacks, std::shared_ptr<SSL_CTX> tls,
               unsigned thread)
    : options_(options),
      callbacks_(callbacks),
      tls_(std::move(tls)),
      thread_(thread),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      timeout_(to_duration(options.timeout_seconds)),
      slots_(std::max(1U, share_of(options.connections, options.threads, thread))),
      random_(thread + 1),
      opened_(thread * 1000) {
  if (options.rate > 0) gap_ = to_duration(options.threads / options.rate);
  for (std::uint32_t i = 0; i < slots_.size(); ++i) free_.push_back(i);
}

Sender::~Sender() {
  close(epoll_);
}

Outcome Sender::run() {
  start_ = next_ = next_sweep_ = Clock::now();
  end_ = start_ + to_duration(options_.seconds);
  for (auto now = start_; has_more(now); now = Clock::now()) {
    if (stop_asked) end_ = std::min(end_, now);
    while (!resting_.empty() && resting_.front().first <= now) {
      free_.push_back(resting_.front().second);
      resting_.pop_front();
    }
    begin_due(now);
    if (now >= next_sweep_) time_out(now);
    wait(now);
  }
  for (const auto intended : waiting_) give_up(intended);
  return std::move(outcome_);
}

bool Sender::has_more(Clock::time_point now) const {
  if (now < end_) return true;
  const bool busy = free_.size() + resting_.size() < slots_.size();
  return busy || (!waiting_.empty() && now < end_ + kGrace);
}

void Sender::begin_due(Clock::time_point now) {
  if (gap_.count() == 0) {
    while (!free_.empty() && now < end_) {
      const std::uint32_t number = free_.back();
      free_.pop_back();
      begin(number, now);
    }
    return;
  }
  for (; next_ <= now && next_ < end_; next_ += gap_) waiting_.push_back(next_);
  for (; !waiting_.empty() && waiting_.front() + timeout_ <= now; waiting_.pop_front())
    give_up(waiting_.front());
  const bool may_begin = now < end_ + kGrace;
  while (may_begin && !waiting_.empty() && !free_.empty()) {
    const std::uint32_t number = free_.back();
    free_.pop_back();
    const auto intended = waiting_.front();
    waiting_.pop_front();
    begin(number, intended);
  }
}

void Sender::begin(std::uint32_t number, Clock::time_point intended) {
  Slot& slot = slots_[number];
  slot.good = random_() % 100 < options_.good_percent;
  slot.sent = 0;
  slot.received.clear();
  slot.intended = intended;
  slot.begun = Clock::now();
  slot.deadline = slot.begun + timeout_;
  choose_request(slot);
  ++kind(slot.good).begun;
  ++second_of(intended).begun;
  if (!slot.transport) {
    ++outcome_.connections_opened;
    slot.transport.emplace(options_.target, tls_, opened_++, epoll_, number);
    slot.state = State::establishing;
  } else {
    slot.state = State::sending;
  }
  drive(number);
}

void Sender::choose_request(Slot& slot) {
  if (slot.good && !options_.events.empty()) {
    const std::uint64_t event = outcome_.sent.size();
    slot.own = event_callback(options_, callbacks_, thread_, event);
    slot.request = &slot.own;
    slot.line = event;
    outcome_.sent.push_back({.id = event_id(options_, thread_, event),
                             .call = call_id(options_, thread_, event),
                             .begun = slot.begun,
                             .answered = slot.begun});
    return;
  }
  const auto& texts = slot.good ? callbacks_.good : callbacks_.bad;
  slot.request = &texts[turn_++ % texts.size()];
}

void Sender::note_end(const Slot& slot, int status) {
  if (slot.request != &slot.own) return;
  outcome_.sent[slot.line].answered = Clock::now();
  outcome_.sent[slot.line].status = status;
}

void Sender::drive(std::uint32_t number) {
  Slot& slot = slots_[number];
  if (slot.state == State::free) {
    // The server has closed a connection that waited for its next request, or sent what nobody asked for.
    if (slot.transport && slot.transport->receive(slot.received) != Step::later) slot.transport.reset();
    return;
  }
  if (slot.state == State::establishing) {
    const Step step = slot.transport->establish();
    if (step == Step::later) return;
    if (step != Step::done) {
      return fail(number, step == Step::closed ? Failure::closed_before_answer : slot.transport->failure());
    }
    outcome_.establishing.count(Clock::now() - slot.begun);
    slot.state = State::sending;
  }
  go_on(number);
}

// A server that refuses early may have answered before it closed: what it sent is read even if nothing more
// can be sent.
void Sender::go_on(std::uint32_t number) {
  Slot& slot = slots_[number];
  bool broken = false;
  if (slot.state == State::sending) {
    const Step step = slot.transport->send(*slot.request, slot.sent);
    if (step == Step::done) slot.state = State::receiving;
    broken = step == Step::closed || step == Step::failed;
  }
  take_in(number, broken);
}

void Sender::take_in(std::uint32_t number, bool broken) {
  Slot& slot = slots_[number];
  const Step step = slot.transport->receive(slot.received);
  const auto answer = take_answer(slot.received);
  if (answer && answer->status == 0) return fail(number, Failure::other);
  if (answer) {
    const bool closes = answer->closes || step != Step::later || slot.state == State::sending;
    return finish(number, answer->status, closes, answer->retry_after);
  }
  if (step == Step::closed) return fail(number, Failure::closed_before_answer);
  if (step == Step::failed || broken) return fail(number, slot.transport->failure());
}

void Sender::finish(std::uint32_t number, int status, bool closes, bool retry_after) {
  Slot& slot = slots_[number];
  const auto took = Clock::now() - slot.intended;
  KindOutcome& counts = kind(slot.good);
  counts.answered[status].count(took);
  if (status == 503 && !retry_after) ++counts.without_retry_after;
  Second& second = second_of(slot.intended);
  if (status == 503) ++second.unavailable;
  if (status == 200) {
    ++second.good_admitted;
    second.admitted.count(took);
  }
  note_end(slot, status);
  release(number, !closes && !options_.new_connection_each);
  free_.push_back(number);
}

void Sender::fail(std::uint32_t number, Failure failure) {
  count_failure(slots_[number].good, slots_[number].intended, failure);
  note_end(slots_[number], 0);
  release(number, false);
  resting_.emplace_back(Clock::now() + kRest, number);
}

void Sender::count_failure(bool good, Clock::time_point intended, Failure failure) {
  ++kind(good).failed[failure];
  ++second_of(intended).failed;
}

void Sender::release(std::uint32_t number, bool keep) {
  Slot& slot = slots_[number];
  slot.state = State::free;
  slot.received.clear();
  if (!keep) slot.transport.reset();
}

void Sender::time_out(Clock::time_point now) {
  next_sweep_ = now + kSweep;
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state != State::free && slots_[i].deadline <= now) fail(i, Failure::timeout);
  }
}

void Sender::wait(Clock::time_point now) {
  Clock::time_point until = next_sweep_;
  if (gap_.count() > 0 && next_ < end_) until = std::min(until, next_);
  if (!resting_.empty()) until = std::min(until, resting_.front().first);
  const auto left = std::max(Clock::duration::zero(), until - std::min(now, until));
  const timespec most{duration_cast<std::chrono::seconds>(left).count(),
                      (left % std::chrono::seconds(1)).count()};
  std::array<epoll_event, 256> events{};
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &most, nullptr);
  for (int i = 0; i < count; ++i)
    drive(static_cast<std::uint32_t>(events[static_cast<std::size_t>(i)].data.u64));
}

// What was due and never found a free connection has failed as well, whatever token it would have had.
void Sender::give_up(Clock::time_point intended) {
  const bool good = random_() % 100 < options_.good_percent;
  ++kind(good).begun;
  ++second_of(intended).begun;
  count_failure(good, intended, Failure::not_sent);
}

Second& Sender::second_of(Clock::time_point intended) {
  const auto number =
      static_cast<std::size_t>(duration_cast<std::chrono::seconds>(intended - start_).count());
  if (outcome_.seconds.size() <= number) outcome_.seconds.resize(number + 1);
  return outcome_.seconds[number];
}

}  // namespace callgate::load
