// SPDX-License-Identifier: Apache-2.0
#include "server_core.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include "connection.hpp"
#include "connection_count.hpp"
#include "wire_text.hpp"

namespace callgate::net {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::size_t kAcceptedAtOnceMax = 16;  // then other events get their turn
constexpr std::size_t kNoBound = std::numeric_limits<std::size_t>::max();

http::Address address_of(const sockaddr_storage& storage) {
  const void* raw = &storage;
  const void* bytes = &static_cast<const sockaddr_in*>(raw)->sin_addr;
  std::size_t size = sizeof(in_addr);
  if (storage.ss_family == AF_INET6) {
    bytes = &static_cast<const sockaddr_in6*>(raw)->sin6_addr;
    size = sizeof(in6_addr);
  }
  return http::Address::from_bytes({static_cast<const char*>(bytes), size}).value_or(http::Address{});
}

asio::ip::tcp protocol_of(int descriptor) {
  int domain = AF_INET;
  socklen_t size = sizeof domain;
  getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  return domain == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

// The kernel drops who knocks from now on, instead of completing a connection that closing the socket would
// reset. Who was let in a moment ago is still in the queue, and who was dropped knocks again a second later,
// at our successor's door. If the filter cannot be had, the moment between the last accept and the closing
// stays open.
void turn_away_newcomers(int descriptor) {
  sock_filter drop_all{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog filter{1, &drop_all};
  setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

}  // namespace

ServerCore::ServerCore(Worker& worker, ServerOptions options, Handler handler, FaultHandler fault)
    : worker_(worker), handler_(std::move(handler)), fault_(std::move(fault)) {
  use(std::move(options));
}

void ServerCore::use(ServerOptions options) {
  const auto before = options_;
  if (options.connections == nullptr)
    options.connections = before == nullptr ? make_connection_count() : before->connections;
  options_ = std::make_shared<const ServerOptions>(std::move(options));
  if (before == nullptr) return;
  before->connections->stop_waiting(this);
  wait_for_connections();  // there may be room now
}

void ServerCore::open(int descriptor) {
  acceptor_.emplace(worker_.loop().io);
  acceptor_->assign(protocol_of(descriptor), descriptor);
  wait_for_connections();
}

void ServerCore::wait_for_connections() {
  if (!acceptor_ || waiting_ || pause_ != nullptr || wait_for_room()) return;
  waiting_ = true;
  acceptor_->async_wait(Acceptor::wait_read, [self = shared_from_this()](ErrorCode error) {
    self->waiting_ = false;
    if (!self->acceptor_) return;
    if (error) {
      self->pause_accepting();
    } else {
      self->accept_queued(kAcceptedAtOnceMax, self->options_->limits.connections_max);
    }
    self->wait_for_connections();
  });
}

bool ServerCore::wait_for_room() {
  return options_->connections->wait_if_full(this, options_->limits.connections_max,
                                             [weak = weak_from_this(), &worker = worker_] {
                                               worker.post([weak] {
                                                 if (const auto self = weak.lock())
                                                   self->wait_for_connections();
                                               });
                                             });
}

void ServerCore::accept_queued(std::size_t most, std::size_t open_max) {
  for (std::size_t i = 0; i < most; ++i) {
    auto place = options_->connections->take(open_max);
    if (!place) return;
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    void* raw = &storage;
    // Not Asio's accept: it would leave the descriptor open on exec.
    const int descriptor =
        accept4(acceptor_->native_handle(), static_cast<sockaddr*>(raw), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor >= 0) {
      const auto connection =
          std::make_shared<Connection>(shared_from_this(), address_of(storage), std::move(*place));
      connections_.insert(connection.get());
      connection->start(protocol_of(acceptor_->native_handle()), descriptor);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return pause_accepting();
    }
  }
}

// EMFILE and its like: the queue stays readable, so waiting for it would spin.
void ServerCore::pause_accepting() {
  if (draining_) return;
  pause_ = worker_.after(kAcceptPause, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->pause_.reset();
    self->wait_for_connections();
  });
}

void ServerCore::remove(Connection& connection) {
  connections_.erase(&connection);
  if (draining_) finish_drain_if_empty();
}

void ServerCore::queue_handshake(std::shared_ptr<Connection> connection) {
  handshakes_.push_back(std::move(connection));
  if (std::exchange(handshake_turn_, true)) return;
  worker_.post([self = shared_from_this()] { self->take_handshake(); });
}

void ServerCore::take_handshake() {
  handshake_turn_ = false;
  if (handshakes_.empty()) return;  // the server has gone
  const auto connection = std::move(handshakes_.front());
  handshakes_.pop_front();
  connection->step_handshake();
  if (handshakes_.empty() || std::exchange(handshake_turn_, true)) return;
  worker_.post([self = shared_from_this()] { self->take_handshake(); });
}

void ServerCore::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  if (draining_) return;
  draining_ = true;
  on_drained_ = std::move(done);
  std::vector<std::shared_ptr<Connection>> open;
  for (Connection* connection : connections_) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->retire();
  // Closing the socket would reset what the kernel has queued on it.
  if (acceptor_) {
    turn_away_newcomers(acceptor_->native_handle());
    accept_queued(kNoBound, kNoBound);
  }
  options_->connections->stop_waiting(this);
  acceptor_.reset();
  pause_.reset();
  drain_deadline_ = worker_.after(deadline, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cut_all();
  });
  finish_drain_if_empty();
}

void ServerCore::cut_all() {
  std::vector<std::shared_ptr<Connection>> open;
  for (Connection* connection : connections_) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->cut();
}

void ServerCore::finish_drain_if_empty() {
  // While the socket is still there, drain() is not through with it.
  if (acceptor_ || !connections_.empty() || !on_drained_) return;
  drain_deadline_.reset();
  worker_.post(std::exchange(on_drained_, nullptr));
}

void ServerCore::shut() {
  draining_ = true;
  on_drained_ = nullptr;
  options_->connections->stop_waiting(this);
  acceptor_.reset();
  pause_.reset();
  drain_deadline_.reset();
  std::vector<std::shared_ptr<Connection>> open;
  for (Connection* connection : connections_) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->close();
  handshakes_.clear();
}

const std::string& ServerCore::date() {
  if (const std::time_t now = std::time(nullptr); now != date_time_) {
    date_time_ = now;
    date_ = format_http_date(now);
  }
  return date_;
}

}  // namespace callgate::net
