// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pushes stored events to their applications: asks the store what is due, hands it to the sink, and tells the
// store how it went. The events of one call go one after the other, many calls at once. It lives on one
// thread, its home's; where nothing else is said, calls are made there. It reads no clock but its home's.
//
// What it knows of a lane it forgets with the process, the store does not: after a crash an event that was
// handed over, and whose report was not stored, is handed over again.
//
//   in hand    a lane from the push of its head on until the store has taken the report; nothing else of it
//              moves meanwhile. A report that the store cannot take is offered again each second, and until
//              one is taken the route begins no new push.
//   asking     find_due is asked once at a time for each route, and the rarer the more is in hand: at once
//              when all is idle, every 20 ms when all is busy.
//   breaker    one for each application (breaker.hpp), shared by all routes that push to it. While it is
//   open,
//              due events wait untouched, and there is one probe at a time over all these routes: the route
//              that pushed the longest ago is the first to try.

#include <array>
#include <atomic>
#include <callgate/base/clock.hpp>
#include <callgate/delivery/breaker.hpp>
#include <callgate/delivery/signing.hpp>
#include <callgate/delivery/sink.hpp>
#include <callgate/delivery/store.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::delivery {

// Both clocks, read together.
struct Moment {
  base::WallTime wall;
  base::MonoTime mono;
};

// The thread that a dispatcher lives on, as an event loop. It outlives the dispatcher, and the last callback
// of the store.
class Home {
 public:
  Home() = default;
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;
  virtual ~Home() = default;

  // Any thread: runs `work` on the loop, not from within post(), in the order of the calls.
  virtual void post(std::function<void()> work) = 0;
  // The loop's thread: runs `work` after `delay`, not from within after(); not at all once the handle is
  // gone.
  virtual std::shared_ptr<void> after(std::chrono::milliseconds delay, std::function<void()> work) = 0;
  virtual Moment now() const = 0;
  virtual double chance() = 0;  // from [0, 1), for jitter
};

struct PushRoute {
  std::string path;           // Passage::route of its events
  std::string application{};  // where it pushes to, by a name: routes with the same name share a breaker.
                              // Empty: it is an application of its own, named by the path
  std::vector<SigningSecret> secrets{};  // none: unsigned; two: while one replaces the other
  std::size_t parallel_max = 64;         // pushes at once, each of another call
  BreakerSettings breaker{};             // where routes share it: of the first of them
};

// A push that has ended.
struct Tried {
  enum class What : std::uint8_t { delivered, again, dead, busy };
  const Stored& stored;  // as it was before
  What what;
  int attempt;       // from 1 on
  std::string note;  // note_of()
};
inline constexpr std::size_t kTriedCount = 4;
std::string_view to_text(Tried::What what);

// For logs, on the dispatcher's thread; each may be empty. They must not call the dispatcher.
struct PushWatch {
  std::function<void(const Tried&)> tried{};
  std::function<void(const std::string& application, bool open)> breaker{};
  std::function<void(const std::string& message)> trouble{};  // the store's: once, until it is over
};

struct PushView {
  std::string path;
  bool breaker_open = false;  // of its application
  std::size_t pushing = 0;    // under way
  std::size_t reporting = 0;  // ended, and not yet in the store
};

class Dispatcher {
 public:
  // The store and the sink outlive it; callbacks of theirs that come later find nobody.
  Dispatcher(Home& home, Store& store, Sink& sink, PushWatch watch = {});
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // From now on serves these routes and no others, and looks at once what is due. What is in hand of a route
  // that is not among them is brought to its end. What is known of an application stays while a route of it
  // is in use or has something in hand.
  void use(std::vector<PushRoute> routes);

  // Something of the route was added to the store or queued again. Any thread; cheap, however often.
  void on_added(std::string_view route);

  // Starts nothing any more. `done` is called once, not from within drain(), when nothing is in hand and the
  // store has taken all reports. Who will not wait so long destroys the dispatcher.
  void drain(std::function<void()> done);

  // How many pushes ended how, by Tried::What. Any thread.
  std::array<std::uint64_t, kTriedCount> tried() const;

  // Of the routes in use, by path. Any thread.
  std::vector<PushView> routes() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace callgate::delivery
