// SPDX-License-Identifier: Apache-2.0
#pragma once
// One connection to a server: connects, shakes hands (TLS), then writes a request and reads its answer, and
// again if its owner keeps it. At any time it is in one phase and one deadline counts. Kept alive by its
// operations and by the owner. Loop's thread only.

#include <array>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <callgate/net/client.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loop.hpp"
#include "response_reader.hpp"
#include "stream.hpp"

namespace callgate::net {

// Where links go; what several links to one server share.
struct Destination {
  bool is_tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<const TlsTrust> trust;  // https alone
  std::string authority;                  // for the Host field
  std::string origin;                     // for messages
};

struct ClientCall {
  http::Request request;
  ClientLimits limits;
  OnResponse done;
  SteadyClock::time_point give_up;  // when there is no connection by then
};

Destination make_destination(const http::Url& where, std::shared_ptr<const TlsTrust> trust);
// Why the request cannot be sent there; nothing if it can be tried.
std::optional<ClientError> find_fault(const http::Url& where, const http::RequestHead& head,
                                      const TlsTrust* trust);
ClientCall make_call(http::Request request, const ClientLimits& limits, OnResponse done);

class ClientLink : public std::enable_shared_from_this<ClientLink> {
 public:
  // Who keeps links. Called before the callback of the call that ended.
  class Owner {
   public:
    // The link is free for the next call, and looks after itself meanwhile.
    virtual void on_free(ClientLink& link) = 0;
    // It has closed by itself.
    virtual void on_closed(ClientLink& link) = 0;
    Owner() = default;
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

   protected:
    ~Owner() = default;
  };

  // With an owner, who must cut() before going, the link may serve several calls, each at most `idle_timeout`
  // after the one before. Without one it closes after its first.
  ClientLink(Worker& worker, std::shared_ptr<const Destination> destination, Owner* owner,
             std::chrono::milliseconds idle_timeout);
  ClientLink(const ClientLink&) = delete;
  ClientLink& operator=(const ClientLink&) = delete;
  ~ClientLink() = default;

  // Connects, then serves the call. Calls nobody from within. Once.
  void open(ClientCall call);

  // Whether a free link may be used right now.
  bool is_usable();
  // On a usable link: serves the call, or gives it back if the connection turned out dead before it took a
  // byte; the link is then closed, and the owner is not told. Calls nobody from within.
  std::optional<ClientCall> use(ClientCall call);

  // Closes at once. Calls nobody, now or later; the call under way is dropped.
  void cut();

 private:
  enum class Phase { connecting, busy, idle, closed };
  using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

  bool over() const { return phase_ == Phase::closed; }
  void resolve();
  void connect(std::size_t index);
  void on_connected();
  void shake_hands();

  void exchange();
  void write();
  void watch();
  void on_readable();
  void watch_idle();
  void read();
  void on_read_error(ErrorCode error);
  bool take_bytes();
  std::string_view received() const;
  bool all_written() const { return unwritten_[0].empty() && unwritten_[1].empty(); }
  bool nothing_sent() const { return stream_.sent_bytes() == sent_before_; }

  std::chrono::milliseconds time_to_keep();
  void finish();
  void fail(ClientError::Kind kind, const std::string& what);
  void conclude(tl::expected<http::Response, ClientError> result, std::chrono::milliseconds keep);
  void retire();
  void close();

  void set_deadline(SteadyClock::time_point when);
  void arm_timer();
  void on_deadline();

  Worker& worker_;
  const std::shared_ptr<const Destination> destination_;
  Owner* owner_;
  const std::chrono::milliseconds idle_timeout_;
  Phase phase_ = Phase::connecting;
  Resolver resolver_;
  std::vector<asio::ip::tcp::endpoint> endpoints_;
  Stream stream_;
  Timer timer_;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  SteadyClock::time_point armed_for_ = SteadyClock::time_point::max();

  std::optional<ClientCall> call_;
  std::string head_;
  Stream::Parts unwritten_{};
  bool write_failed_ = false;
  std::uint64_t sent_before_ = 0;  // by the stream, before this call
  bool watching_ = false;          // a wait for the socket to be readable is under way
  boost::beast::flat_buffer buffer_;
  ResponseReader reader_;
};

}  // namespace callgate::net
