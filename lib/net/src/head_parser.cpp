// SPDX-License-Identifier: Apache-2.0
#include "head_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/none.hpp>
#include <string>

namespace callgate::net {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::string_view;

// The calls of Beast's parser that are of interest, with the rest left empty.
template <bool is_request>
class HeadReader : public beast::http::basic_parser<is_request> {
 public:
  int status = 0;
  std::string method;
  std::string target;
  int version = 0;
  http::Headers headers;

  bool read(std::string_view raw) {
    this->header_limit(static_cast<std::uint32_t>(raw.size() + 1));
    this->body_limit(boost::none);
    this->skip(true);  // whatever body there is
    error_code error;
    const std::size_t taken = this->put(boost::asio::const_buffer(raw.data(), raw.size()), error);
    return !error && taken == raw.size() && this->is_header_done();
  }

 private:
  void on_request_impl(beast::http::verb, string_view its_method, string_view its_target, int its_version,
                       error_code&) override {
    method.assign(its_method.data(), its_method.size());
    target.assign(its_target.data(), its_target.size());
    version = its_version;
  }
  void on_response_impl(int its_status, string_view, int its_version, error_code&) override {
    status = its_status;
    version = its_version;
  }
  void on_field_impl(beast::http::field, string_view name, string_view value, error_code&) override {
    headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    return body.size();
  }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

refusal::Judged<http::RequestHead> parse_request_head(std::string_view raw) {
  HeadReader<true> reader;
  if (!reader.read(raw)) {
    return refusal::refuse(refusal::Reason::http_malformed, "the request head is not HTTP/1.1");
  }
  return http::RequestHead{.method = std::move(reader.method),
                           .target = std::move(reader.target),
                           .version_minor = static_cast<std::uint8_t>(reader.version % 10),
                           .headers = std::move(reader.headers)};
}

std::optional<ResponseHead> parse_response_head(std::string_view raw) {
  HeadReader<false> reader;
  if (!reader.read(raw)) return std::nullopt;
  ResponseHead head{.status = reader.status,
                    .version_minor = static_cast<std::uint8_t>(reader.version % 10),
                    .headers = std::move(reader.headers),
                    .content_length = std::nullopt};
  if (const auto length = reader.content_length()) head.content_length = *length;
  return head;
}

}  // namespace callgate::net
