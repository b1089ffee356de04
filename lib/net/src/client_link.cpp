// SPDX-License-Identifier: Apache-2.0
#include "client_link.hpp"

#include <fcntl.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "wire_text.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;
using Kind = ClientError::Kind;
using Want = TlsSession::Want;

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;  // read at once
constexpr int kPiecesOfATurn = 8;                            // then others get theirs
constexpr milliseconds kTimeoutMax = std::chrono::hours(24 * 365);
constexpr milliseconds kKeepAliveMargin{1'000};  // what the peer says, less the way of our next request

SteadyClock::time_point from_now(milliseconds time) {
  return SteadyClock::now() + std::min(time, kTimeoutMax);
}

}  // namespace

Destination make_destination(const http::Url& where, std::shared_ptr<const TlsTrust> trust) {
  const bool is_tls = where.scheme == "https";
  return {.is_tls = is_tls,
          .host = where.host,
          .port = where.port,
          .trust = is_tls ? std::move(trust) : nullptr,
          .authority = where.authority(),
          .origin = where.origin()};
}

std::optional<ClientError> find_fault(const http::Url& where, const http::RequestHead& head,
                                      const TlsTrust* trust) {
  const auto fault = [&](const char* what) {
    return ClientError{Kind::unreachable, where.origin() + ": " + what};
  };
  if (where.scheme != "http" && where.scheme != "https") return fault("only http and https are spoken here");
  if (where.scheme == "https" && trust == nullptr)
    return fault("https needs to know whose certificates to trust");
  if (!is_writable(head)) return fault("the method or target of the request cannot be written");
  return std::nullopt;
}

ClientCall make_call(http::Request request, const ClientLimits& limits, OnResponse done) {
  return {.request = std::move(request),
          .limits = limits,
          .done = std::move(done),
          .give_up = from_now(limits.connect_timeout)};
}

ClientLink::ClientLink(Worker& worker, std::shared_ptr<const Destination> destination, Owner* owner,
                       milliseconds idle_timeout)
    : worker_(worker),
      destination_(std::move(destination)),
      owner_(owner),
      idle_timeout_(idle_timeout),
      resolver_(worker.loop().io),
      stream_(worker.loop().io),
      timer_(worker.loop().io) {}

// ---- Connecting. ----

void ClientLink::open(ClientCall call) {
  call_.emplace(std::move(call));
  set_deadline(call_->give_up);
  ErrorCode not_numeric;
  const auto address = asio::ip::make_address(destination_->host, not_numeric);
  if (not_numeric) return resolve();
  endpoints_.emplace_back(address, destination_->port);
  connect(0);
}

void ClientLink::resolve() {
  resolver_.async_resolve(destination_->host, std::to_string(destination_->port), Resolver::numeric_service,
                          [self = shared_from_this()](ErrorCode error, const Resolver::results_type& found) {
                            if (self->over()) return;
                            if (error) return self->fail(Kind::unreachable, "no address: " + error.message());
                            for (const auto& entry : found) self->endpoints_.push_back(entry.endpoint());
                            self->connect(0);
                          });
}

void ClientLink::connect(std::size_t index) {
  ErrorCode error;
  Socket& socket = stream_.socket();
  if (socket.is_open()) socket.close(error);
  socket.open(endpoints_[index].protocol(), error);
  if (!error) fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  if (!error) socket.non_blocking(true, error);
  const auto on_connect = [self = shared_from_this(), index](ErrorCode failure) {
    if (self->over()) return;
    if (!failure) return self->on_connected();
    if (index + 1 < self->endpoints_.size()) return self->connect(index + 1);
    self->fail(Kind::unreachable, "cannot connect: " + failure.message());
  };
  if (error) return asio::post(worker_.loop().io, [on_connect, error] { on_connect(error); });
  socket.async_connect(endpoints_[index], on_connect);
}

void ClientLink::on_connected() {
  ErrorCode ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  endpoints_ = {};
  if (destination_->is_tls) return shake_hands();
  exchange();
}

void ClientLink::shake_hands() {
  auto session = TlsSession::connect(*destination_->trust, stream_.socket(), destination_->host);
  if (session == nullptr) return fail(Kind::unreachable, "TLS cannot be set up for this host");
  stream_.handshake(session, [self = shared_from_this(), session](ErrorCode error, std::size_t) {
    if (self->over()) return;
    if (error)
      return self->fail(Kind::unreachable,
                        "no TLS: " + (session->fault().empty() ? "the connection broke" : session->fault()));
    self->exchange();
    self->on_readable();  // the session may have read more than the handshake off the socket
  });
}

// ---- A request and its answer. ----

void ClientLink::exchange() {
  phase_ = Phase::busy;
  set_deadline(from_now(call_->limits.total_timeout));
  const auto& request = call_->request;
  write_request_head(head_, request, destination_->authority,
                     owner_ != nullptr ? AfterAnswer::keep_alive : AfterAnswer::close);
  reader_.begin(request.head.method == "HEAD", call_->limits);
  unwritten_ = {head_, request.body};
  write_failed_ = false;
  sent_before_ = stream_.sent_bytes();
  write();
  watch();  // at the same time: the answer may come, and the peer close, before all is written
}

void ClientLink::write() {
  const auto step = stream_.try_write(unwritten_);
  if (step.want == Want::nothing) {
    write_failed_ = bool(step.error);
    // What is wrong shows in the read, which may still find an answer.
    if (write_failed_) asio::post(worker_.loop().io, [self = shared_from_this()] { self->on_readable(); });
    return;
  }
  stream_.wait(step.want, [self = shared_from_this()](ErrorCode error) {
    if (!error && self->phase_ == Phase::busy) self->write();
  });
}

// One wait lasts for as long as the link lives: what it sees belongs to the phase in which it is seen. No
// byte leaves the kernel before somebody wants it.
void ClientLink::watch() {
  if (watching_) return;
  watching_ = true;
  stream_.wait(Want::read, [self = shared_from_this()](ErrorCode error) {
    self->watching_ = false;
    if (!error) self->on_readable();
  });
}

void ClientLink::on_readable() {
  if (phase_ == Phase::busy) return read();
  if (phase_ == Phase::idle) return watch_idle();
}

void ClientLink::watch_idle() {
  if (!stream_.is_quiet()) return retire();
  watch();
}

void ClientLink::read() {
  for (int pieces = 0; pieces < kPiecesOfATurn; ++pieces) {
    const auto step = stream_.try_read(buffer_.prepare(kPieceBytes));
    if (step.want == Want::read) return watch();
    if (step.want == Want::write) {
      return stream_.wait(step.want, [self = shared_from_this()](ErrorCode error) {
        if (!error) self->on_readable();
      });
    }
    if (step.error) return on_read_error(step.error);
    buffer_.commit(step.size);
    if (!take_bytes()) return;
    // All that was there. With TLS only the session knows.
    if (!stream_.is_tls() && step.size < kPieceBytes) return watch();
  }
  asio::post(worker_.loop().io, [self = shared_from_this()] { self->on_readable(); });
}

void ClientLink::on_read_error(ErrorCode error) {
  const Kind kind = reader_.begun() ? Kind::broken_answer : Kind::unreachable;
  if (error != asio::error::eof) return fail(kind, "the connection broke: " + error.message());
  if (reader_.end() == ResponseReader::Step::done) return finish();
  fail(kind, reader_.fault());
}

// False when the call is over.
bool ClientLink::take_bytes() {
  std::string_view bytes = received();
  const std::size_t size = bytes.size();
  const auto step = reader_.feed(bytes);
  buffer_.consume(size - bytes.size());
  if (step == ResponseReader::Step::more) return true;
  if (step == ResponseReader::Step::done) {
    finish();
  } else {
    fail(Kind::broken_answer, reader_.fault());
  }
  return false;
}

std::string_view ClientLink::received() const {
  const auto bytes = buffer_.cdata();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- The end of a call. ----

// Zero: not at all.
milliseconds ClientLink::time_to_keep() {
  const bool clean = owner_ != nullptr && all_written() && !write_failed_ && reader_.goes_on() &&
                     buffer_.size() == 0 && (!stream_.is_tls() || stream_.is_quiet());
  if (!clean) return milliseconds::zero();
  const auto told = reader_.keep_alive();
  if (!told) return idle_timeout_;
  return std::clamp(*told - kKeepAliveMargin, milliseconds::zero(), idle_timeout_);
}

void ClientLink::finish() {
  const auto keep = time_to_keep();
  conclude(reader_.take(), keep);
}

void ClientLink::fail(Kind kind, const std::string& what) {
  const bool sent = phase_ == Phase::busy && !nothing_sent();
  conclude(tl::unexpected(ClientError{
               .kind = kind, .message = destination_->origin + ": " + what, .busy = false, .sent = sent}),
           milliseconds::zero());
}

// The owner first, so that it is done when the callback comes, which may destroy it.
void ClientLink::conclude(tl::expected<http::Response, ClientError> result, milliseconds keep) {
  const auto call = std::exchange(call_, std::nullopt);
  if (keep > milliseconds::zero()) {
    phase_ = Phase::idle;
    set_deadline(from_now(keep));
    watch();
    owner_->on_free(*this);
  } else {
    retire();
  }
  call->done(std::move(result));
}

void ClientLink::retire() {
  Owner* const owner = owner_;
  close();
  if (owner != nullptr) owner->on_closed(*this);
}

void ClientLink::close() {
  phase_ = Phase::closed;
  owner_ = nullptr;
  ErrorCode ignored;
  resolver_.cancel();
  timer_.cancel();
  stream_.say_goodbye();
  stream_.drop_tls();
  stream_.socket().close(ignored);
}

void ClientLink::cut() {
  if (over()) return;
  close();
  const auto dropped = std::exchange(call_, std::nullopt);
}

// ---- Used again. ----

bool ClientLink::is_usable() {
  return phase_ == Phase::idle && SteadyClock::now() < deadline_ && stream_.is_quiet();
}

std::optional<ClientCall> ClientLink::use(ClientCall call) {
  call_.emplace(std::move(call));
  exchange();
  if (!write_failed_ || !nothing_sent()) return std::nullopt;
  auto unsent = std::exchange(call_, std::nullopt);
  close();
  return unsent;
}

// ---- Time. ----

// The timer is set anew only when it would ring too late: on a busy link deadlines move on all the time.
void ClientLink::set_deadline(SteadyClock::time_point when) {
  deadline_ = when;
  arm_timer();
}

void ClientLink::arm_timer() {
  if (armed_for_ <= deadline_) return;
  armed_for_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](ErrorCode error) {
    if (error || self->over()) return;
    self->armed_for_ = SteadyClock::time_point::max();
    if (SteadyClock::now() >= self->deadline_) return self->on_deadline();
    self->arm_timer();
  });
}

void ClientLink::on_deadline() {
  switch (phase_) {
    case Phase::connecting:
      return fail(Kind::timeout, "no connection in time");
    case Phase::busy:
      return fail(Kind::timeout, "no complete answer in time");
    case Phase::idle:
      return retire();
    case Phase::closed:
      return;
  }
}

}  // namespace callgate::net
