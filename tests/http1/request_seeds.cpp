// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include "http_vectors.hpp"
#include "pinned_gateway.hpp"
#include "request_mutation.hpp"

namespace callgate::http1 {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSeedBytesMax = std::size_t{16} * 1024;

std::string request(const std::string& line, const std::string& fields, const std::string& body) {
  return line + "\r\nHost: gate.example\r\n" + fields + "\r\n" + body;
}

std::string length_of(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

std::string batch(std::size_t count) {
  const std::string event = event_body().substr(1, event_body().size() - 2);
  std::string out = "[";
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + event;
  return out + "]";
}

void add_callbacks(std::vector<std::string>& seeds, const std::string& token) {
  const std::string post = std::string("POST ") + kPath + " HTTP/1.1";
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  const std::string json = "Content-Type: application/json\r\n";
  const std::string event = event_body(), many = batch(20), data = R"({"callConnectionId":"1"})";
  seeds.push_back(callback_text(token, event));
  seeds.push_back(callback_text(token, event) + callback_text(token, event));  // pipelined
  seeds.push_back(request(post, bearer + length_of(many), many));
  seeds.push_back(request(post, bearer + json + "Expect: 100-continue\r\n" + length_of(event), event));
  seeds.push_back(request(post, bearer + json + "Connection: close\r\n" + length_of(event), event));
  seeds.push_back(request(std::string("POST http://gate.example") + kPath + "/leg?x=1 HTTP/1.1",
                          bearer + json + length_of(event), event));
  seeds.push_back(request(std::string("POST ") + kPath + " HTTP/1.0",
                          bearer + json + "Connection: keep-alive\r\n" + length_of(event), event));
  seeds.push_back(request(post,
                          bearer +
                              "Content-Type: application/json; charset=utf-8\r\nce-id: 1\r\nce-source: s\r\n"
                              "ce-type: t\r\nce-specversion: 1.0\r\n" +
                              length_of(data),
                          data));
  seeds.push_back(request(post, bearer + json + "Transfer-Encoding: chunked\r\n",
                          chunk_text(event.substr(0, 16), ";note=\"first\"") + chunk_text(event.substr(16)) +
                              "0\r\nX-Sum: 1\r\n\r\n"));
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void unpack(const fs::path& seeds_folder, const fs::path& scratch) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(seeds_folder, ignored)) {
    if (!entry.path().string().ends_with(".tar.gz")) continue;
    e2e::Process tar("/bin/tar", {"-xzf", entry.path().string(), "-C", scratch.string()});
    tar.wait();
  }
}

}  // namespace

std::vector<std::string> make_seeds(const std::string& good_token, const std::string& bad_token) {
  std::vector<std::string> seeds;
  add_callbacks(seeds, good_token);
  add_callbacks(seeds, good_token);  // twice as often as the others: only these reach the body
  add_callbacks(seeds, bad_token);
  seeds.push_back(request(std::string("POST ") + kPath + " HTTP/1.1", length_of(event_body()), event_body()));
  seeds.push_back(request(std::string("GET ") + kPath + "?validationToken=x HTTP/1.1", "", ""));
  seeds.push_back(request(std::string("HEAD ") + kPath + " HTTP/1.1", "", ""));
  seeds.push_back(
      request(std::string("OPTIONS ") + kPath + " HTTP/1.1", "WebHook-Request-Origin: a.test\r\n", ""));
  seeds.push_back(request("OPTIONS * HTTP/1.1", "Max-Forwards: 0\r\n", ""));
  seeds.push_back(request("POST /elsewhere HTTP/1.1", length_of("hello"), "hello"));
  return seeds;
}

std::vector<std::string> read_seeds(const fs::path& vectors, const fs::path& scratch,
                                    const std::string& good_token) {
  std::vector<std::string> seeds;
  const auto add = [&](const std::string& bytes) {
    if (bytes.empty() || bytes.size() > kSeedBytesMax) return;
    seeds.push_back(bytes);
    std::string callback = as_callback(bytes, good_token);
    if (!callback.empty()) seeds.push_back(std::move(callback));
  };
  for (const RequestVector& vector : read_request_vectors(vectors / "http1/llhttp.jsonl")) add(vector.bytes);
  for (const Gadget& gadget : read_gadgets(vectors / "http1/smuggler_gadgets.jsonl")) {
    SmugglingPair pair = smuggle(gadget, good_token, event_body());
    seeds.push_back(std::move(pair.by_length));
    seeds.push_back(std::move(pair.by_chunks));
  }
  unpack(vectors / "seeds", scratch);
  for (const auto& entry : fs::recursive_directory_iterator(scratch)) {
    if (entry.is_regular_file()) add(text_of(entry.path()));
  }
  return seeds;
}

}  // namespace callgate::http1
