// SPDX-License-Identifier: Apache-2.0
// The beginning of a connection, up to where it waits for a request, and how draining ends one that waits.
#include <unistd.h>

#include <algorithm>

#include "connection.hpp"
#include "proxy_header.hpp"

namespace callgate::net {
namespace {

using refusal::Reason;

constexpr std::size_t kPieceBytes = std::size_t{8} * 1024;  // read at once
// When the server drains: of a connection that has not shaken hands; of one that is idle, at least.
constexpr std::chrono::milliseconds kLastChance{2'000}, kFarewell{50};

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, const http::Address& peer,
                       ConnectionCount::Place place)
    : core_(std::move(core)),
      options_(core_->options()),
      peer_(peer),
      place_(std::move(place)),
      wire_(std::in_place, core_->worker().loop().io),
      scan_(limits()) {}

Connection::~Connection() {
  if (!closed()) core_->remove(*this);
}

void Connection::start(asio::ip::tcp protocol, int descriptor) {
  ErrorCode failure;
  wire_->stream.socket().assign(protocol, descriptor, failure);
  if (failure) {
    ::close(descriptor);
    return close();
  }
  ErrorCode ignored;
  wire_->stream.socket().non_blocking(true, ignored);
  wire_->stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (!options_->proxy_protocol) return meet_peer();
  // A header from anybody else would be a lie about whom the bytes come from.
  if (!http::is_in(peer_, options_->trusted_proxies))
    return close_as_lost("it is not among trusted_proxies, and all connections come through one here");
  phase_ = Phase::proxy_header;
  set_deadline(limits().handshake_timeout);
  advance();
}

void Connection::advance_proxy_header() {
  const auto header = parse_proxy_header(received());
  if (!header && header.error() == NoProxyHeader::incomplete) return read(kPieceBytes);
  if (!header) return close_as_lost("it did not begin with a PROXY header");
  buffer_.consume(header->size);
  if (header->source) peer_ = *header->source;
  meet_peer();
}

// It is known now whom the connection is from.
void Connection::meet_peer() {
  using Admission = ConnectionCount::Admission;
  const bool counted = !http::is_in(peer_, options_->trusted_proxies);
  const Admission admission =
      counted ? place_->name_source(peer_, limits().connections_per_source_max) : Admission::admitted;
  // A refusal that only a handshake could carry would cost more than what it refuses.
  if (admission == Admission::dropped || (admission == Admission::refused && options_->tls)) return close();
  if (admission == Admission::refused)
    return fault({Reason::overloaded, "too many connections are open from this address"});
  if (options_->tls) return shake_hands();
  await_head();
}

void Connection::shake_hands() {
  auto session = TlsSession::accept(*options_->tls, wire_->stream.socket(), std::string(received()));
  if (session == nullptr) return close();
  buffer_ = {};
  if (phase_ != Phase::proxy_header) set_deadline(limits().handshake_timeout);  // else one for both
  phase_ = Phase::handshake;
  wire_->stream.begin_tls(std::move(session));
  core_->queue_handshake(shared_from_this());
}

void Connection::step_handshake() {
  if (closed()) return;
  const auto step = wire_->stream.try_handshake();
  if (step.want == TlsSession::Want::nothing) return on_handshake(step.error);
  wire_->stream.wait(step.want, [self = shared_from_this()](ErrorCode error) {
    if (self->closed()) return;
    if (error) return self->on_handshake(error);
    self->core_->queue_handshake(self);
  });
}

void Connection::on_handshake(ErrorCode error) {
  if (!error) return await_head();
  if (const std::string_view why = wire_->stream.tls_fault(); !why.empty() && options_->on_lost)
    options_->on_lost(peer_, "the TLS handshake failed: " + std::string(why));
  // The alert says why; closing over what the peer has sent meanwhile would take it away again.
  wire_->stream.drop_tls();
  linger();
}

void Connection::close_as_lost(std::string_view why) {
  if (options_->on_lost) options_->on_lost(peer_, why);
  close();
}

// A peer that is just sending on a kept connection learns by "Connection: close" that it ends; one that stays
// silent is closed. Its next request may be on the way just then, and gets no answer: nothing can help that,
// but the longer it has been silent, the less likely it is.
void Connection::retire() {
  if (phase_ == Phase::proxy_header || phase_ == Phase::handshake)
    set_deadline(std::min(limits().handshake_timeout, kLastChance));
  if (phase_ == Phase::streaming) return end_stream();
  if (phase_ == Phase::head && !scan_.begun()) {
    const auto silent = duration_cast<std::chrono::milliseconds>(SteadyClock::now() - silent_since_);
    set_deadline(std::min(limits().idle_timeout, std::max(kFarewell, kSilence - silent)));
  }
}

// Asio may have taken bytes off the socket for a read whose end has not been reported yet. So the read is
// cancelled first: either it ends with bytes, or whatever has arrived is still in the socket.
void Connection::leave() {
  if (!reading_) return;
  retiring_ = true;
  ErrorCode ignored;
  wire_->stream.socket().cancel(ignored);
}

void Connection::close_if_idle() {
  retiring_ = false;
  if (!anything_unread()) return close();
  read(kPieceBytes);
}

bool Connection::anything_unread() {
  return buffer_.size() > 0 || wire_->stream.anything_unread();
}

}  // namespace callgate::net
