// SPDX-License-Identifier: Apache-2.0
#include "desk.hpp"

namespace callgate::gateway {

Desk::Desk(net::Worker& home, std::chrono::milliseconds turn_patience)
    : home_(home), turn_patience_(turn_patience) {
  worker_.keep_running();
  thread_ = std::thread([this] { worker_.run(); });
}

Desk::~Desk() {
  worker_.stop();
  thread_.join();
}

void Desk::answer(std::shared_ptr<net::Exchange> exchange, Work work) {
  waiting_.push_back(std::move(exchange));
  const auto latest = std::chrono::steady_clock::now() + turn_patience_;
  worker_.post([this, latest, work = std::move(work)] {
    home_.post([this, response = work(std::chrono::steady_clock::now() < latest)]() mutable {
      waiting_.front()->answer(std::move(response));
      waiting_.pop_front();
    });
  });
}

}  // namespace callgate::gateway
