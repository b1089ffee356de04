// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <algorithm>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <callgate/net/client.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "body_reader.hpp"
#include "head_parser.hpp"
#include "loop.hpp"
#include "stream.hpp"
#include "wire_text.hpp"

namespace callgate::net {
namespace {

using Kind = ClientError::Kind;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;  // read at once
constexpr int kInterimAnswersMax = 16;                       // 1xx before the answer

// One request under way. Kept alive by its operations.
class Call : public std::enable_shared_from_this<Call> {
 public:
  Call(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
       std::shared_ptr<const TlsTrust> trust, OnResponse done)
      : worker_(worker),
        where_(where),
        request_(std::move(request)),
        limits_(limits),
        trust_(std::move(trust)),
        done_(std::move(done)),
        resolver_(worker.loop().io),
        stream_(worker.loop().io) {}

  void start();

 private:
  bool over() const { return done_ == nullptr; }
  void set_timeout(std::chrono::milliseconds after, const char* what);
  void resolve();
  void connect(std::size_t index);
  void on_connected();
  void shake_hands();
  void exchange();
  void write();
  void read();
  void on_read(ErrorCode error, std::size_t size);
  void on_end();
  void advance();
  std::optional<BodyReader> body_of(const ResponseHead& head) const;
  void take_body();
  void finish();
  void fail(Kind kind, const std::string& what);
  void conclude(tl::expected<http::Response, ClientError> result);
  std::string_view received() const;

  Worker& worker_;
  const http::Url where_;
  const http::Request request_;
  const ClientLimits limits_;
  const std::shared_ptr<const TlsTrust> trust_;
  OnResponse done_;
  Resolver resolver_;
  Stream stream_;
  std::shared_ptr<void> timeout_;
  std::vector<asio::ip::tcp::endpoint> endpoints_;
  std::string head_;
  boost::beast::flat_buffer buffer_;
  bool answer_begun_ = false;
  std::size_t searched_ = 0;  // no end of a head before here
  int interim_answers_ = 0;
  std::optional<ResponseHead> answer_;
  std::optional<BodyReader> body_;
};

void Call::start() {
  auto head = make_request_head(request_, where_.authority());
  if (where_.scheme != "http" && where_.scheme != "https")
    return fail(Kind::unreachable, "only http and https are spoken here");
  if (where_.scheme == "https" && trust_ == nullptr)
    return fail(Kind::unreachable, "https needs to know whose certificates to trust");
  if (!head) return fail(Kind::unreachable, "the method or target of the request cannot be written");
  head_ = std::move(*head);
  set_timeout(limits_.connect_timeout, "no connection in time");
  ErrorCode not_numeric;
  const auto address = asio::ip::make_address(where_.host, not_numeric);
  if (not_numeric) return resolve();
  endpoints_.emplace_back(address, where_.port);
  connect(0);
}

void Call::set_timeout(std::chrono::milliseconds after, const char* what) {
  timeout_ = worker_.after(after, [weak = weak_from_this(), what] {
    if (const auto self = weak.lock()) self->fail(Kind::timeout, what);
  });
}

void Call::resolve() {
  resolver_.async_resolve(where_.host, std::to_string(where_.port), Resolver::numeric_service,
                          [self = shared_from_this()](ErrorCode error, const Resolver::results_type& found) {
                            if (self->over()) return;
                            if (error) return self->fail(Kind::unreachable, "no address: " + error.message());
                            for (const auto& entry : found) self->endpoints_.push_back(entry.endpoint());
                            self->connect(0);
                          });
}

void Call::connect(std::size_t index) {
  ErrorCode error;
  Socket& socket = stream_.socket();
  if (socket.is_open()) socket.close(error);
  socket.open(endpoints_[index].protocol(), error);
  if (!error) fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  const auto on_connect = [self = shared_from_this(), index](ErrorCode failure) {
    if (self->over()) return;
    if (!failure) return self->on_connected();
    if (index + 1 < self->endpoints_.size()) return self->connect(index + 1);
    self->fail(Kind::unreachable, "cannot connect: " + failure.message());
  };
  if (error) return asio::post(worker_.loop().io, [on_connect, error] { on_connect(error); });
  socket.async_connect(endpoints_[index], on_connect);
}

void Call::on_connected() {
  ErrorCode ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (where_.scheme == "https") return shake_hands();
  exchange();
}

void Call::shake_hands() {
  auto session = TlsSession::connect(*trust_, stream_.socket(), where_.host);
  if (session == nullptr) return fail(Kind::unreachable, "TLS cannot be set up for this host");
  stream_.handshake(session, [self = shared_from_this(), session](ErrorCode error, std::size_t) {
    if (self->over()) return;
    if (error) return self->fail(Kind::unreachable, "no TLS: " + session->fault());
    self->exchange();
  });
}

void Call::exchange() {
  set_timeout(limits_.total_timeout, "no complete answer in time");
  write();
  read();  // at the same time: the answer may come, and the peer close, before all is written
}

void Call::write() {
  // A failure shows in the read, which may still find an answer.
  stream_.write(head_, request_.body, [self = shared_from_this()](ErrorCode, std::size_t) {});
}

void Call::read() {
  stream_.read_some(
      buffer_.prepare(kPieceBytes),
      [self = shared_from_this()](ErrorCode error, std::size_t size) { self->on_read(error, size); });
}

void Call::on_read(ErrorCode error, std::size_t size) {
  if (over()) return;
  if (error == asio::error::eof) return on_end();
  if (error) {
    return fail(answer_begun_ ? Kind::broken_answer : Kind::unreachable,
                "the connection broke: " + error.message());
  }
  answer_begun_ = true;
  buffer_.commit(size);
  advance();
}

void Call::on_end() {
  if (!answer_begun_) return fail(Kind::unreachable, "the connection was closed without an answer");
  if (body_ && body_->end() == BodyReader::Step::done) return finish();
  fail(Kind::broken_answer, "the connection was closed inside the answer");
}

void Call::advance() {
  while (!body_) {
    const std::size_t end = received().find("\r\n\r\n", searched_);
    const std::size_t size = end == std::string_view::npos ? received().size() : end + 4;
    if (size > limits_.head_bytes_max)
      return fail(Kind::broken_answer, "the head of the answer is too large");
    if (end == std::string_view::npos) {
      searched_ = size < 3 ? 0 : size - 3;
      return read();
    }
    auto head = parse_response_head(received().substr(0, size));
    buffer_.consume(size);
    searched_ = 0;
    if (!head || head->status == 101) return fail(Kind::broken_answer, "the answer is not HTTP/1.1");
    if (head->status < 200) {
      if (++interim_answers_ > kInterimAnswersMax)
        return fail(Kind::broken_answer, "too many interim answers");
      continue;
    }
    body_ = body_of(*head);
    if (!body_) return fail(Kind::broken_answer, "the length of the answer is ambiguous");
    answer_ = std::move(head);
  }
  take_body();
}

// RFC 9112 section 6.3, without the codings that nobody here asked for.
std::optional<BodyReader> Call::body_of(const ResponseHead& head) const {
  const std::size_t most = limits_.body_bytes_max;
  if (request_.head.method == "HEAD" || !status_has_body(head.status))
    return BodyReader::with_length(0, most);
  if (head.headers.count("Transfer-Encoding") > 0) {
    const auto coding = head.headers.find_single("Transfer-Encoding");
    const bool fits = coding && http::equals_ignoring_case(http::trim(*coding), "chunked") &&
                      head.headers.count("Content-Length") == 0;
    if (!fits) return std::nullopt;
    return BodyReader::chunked(most);
  }
  if (!head.content_length) return BodyReader::until_close(most);
  return BodyReader::with_length(*head.content_length, most);
}

void Call::take_body() {
  std::string_view bytes = received();
  const std::size_t size = bytes.size();
  const auto step = body_->feed(bytes);
  buffer_.consume(size - bytes.size());
  switch (step) {
    case BodyReader::Step::more:
      return read();
    case BodyReader::Step::done:
      return finish();
    case BodyReader::Step::too_large:
      return fail(Kind::broken_answer, "the body of the answer is larger than " +
                                           std::to_string(limits_.body_bytes_max) + " bytes");
    case BodyReader::Step::malformed:
      return fail(Kind::broken_answer, "the chunks of the answer are malformed");
  }
}

void Call::finish() {
  conclude(http::Response{
      .status = answer_->status, .headers = std::move(answer_->headers), .body = body_->take()});
}

void Call::fail(Kind kind, const std::string& what) {
  if (over()) return;
  conclude(tl::unexpected(ClientError{kind, where_.origin() + ": " + what}));
}

void Call::conclude(tl::expected<http::Response, ClientError> result) {
  const auto done = std::exchange(done_, nullptr);
  ErrorCode ignored;
  resolver_.cancel();
  stream_.say_goodbye();
  stream_.drop_tls();
  stream_.socket().close(ignored);
  timeout_.reset();
  done(std::move(result));
}

std::string_view Call::received() const {
  const auto bytes = buffer_.cdata();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void send(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
          std::shared_ptr<const TlsTrust> trust, OnResponse done) {
  const auto call =
      std::make_shared<Call>(worker, where, std::move(request), limits, std::move(trust), std::move(done));
  // Posted, so that `done` is never called from within send().
  asio::post(worker.loop().io, [call] { call->start(); });
}

void send(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
          OnResponse done) {
  send(worker, where, std::move(request), limits, nullptr, std::move(done));
}

}  // namespace callgate::net
