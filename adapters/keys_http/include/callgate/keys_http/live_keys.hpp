// SPDX-License-Identifier: Apache-2.0
#pragma once
// An issuer's keys for a program that judges in-process: fetched in the background, handed out as an
// immutable set. For servers of any kind; callgate's own gateway posts the sets to its event loops instead.

#include <callgate/keys_http/background_keys.hpp>
#include <chrono>
#include <memory>

namespace callgate::keys_http {

class LiveKeys {
 public:
  // Starts fetching at once, by libcurl.
  explicit LiveKeys(oidc::Issuer issuer, const oidc::KeyCacheSettings& settings = {});
  ~LiveKeys();
  LiveKeys(const LiveKeys&) = delete;
  LiveKeys& operator=(const LiveKeys&) = delete;

  // Any thread: the set that serves now, null while there is none. Never waits for the network; the set stays
  // as it is for as long as the pointer is held.
  oidc::Keys current() const;
  // Any thread: waits until there are keys, at most `patience`. False if there are still none.
  bool wait_until_ready(std::chrono::milliseconds patience) const;
  // Any thread: a well-formed token named a key that is not in the set it was judged with (key_unknown; null:
  // not known which). A refresh follows, at most one in the window, unless another set serves by now.
  void report_unknown_kid(const oidc::Keys& judged_with = nullptr);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace callgate::keys_http
