// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/admin/inbox.hpp>
#include <callgate/admin/site.hpp>
#include <charconv>

#include "access.hpp"
#include "health.hpp"
#include "keys_view.hpp"
#include "metrics_text.hpp"
#include "problem.hpp"
#include "status_view.hpp"
#include "verdicts_view.hpp"

namespace callgate::admin {
namespace {

constexpr std::size_t kVerdictsShown = 100;
constexpr std::size_t kVerdictsShownMax = 10'000;

using Show = http::Response (*)(Commands&, const http::RequestHead&);

struct Page {
  std::string_view path;
  bool post;     // POST alone; else GET and HEAD
  bool is_open;  // no Host check, no token
  Show show;
};

http::Response document(int status, std::string_view type, std::string body) {
  return {status, {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}}, std::move(body)};
}

http::Response show_live(Commands&, const http::RequestHead&) {
  return liveness();
}

http::Response show_ready(Commands& commands, const http::RequestHead& head) {
  return readiness(commands.health(), head.query() == "verbose" || head.query() == "verbose=1");
}

http::Response show_metrics(Commands& commands, const http::RequestHead&) {
  return document(200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(commands.metrics()));
}

http::Response show_keys(Commands& commands, const http::RequestHead&) {
  return document(200, "application/json", keys_json(commands.keys()));
}

http::Response refresh_keys(Commands& commands, const http::RequestHead&) {
  return document(202, "application/json", refresh_json(commands.refresh_keys()));
}

http::Response show_status(Commands& commands, const http::RequestHead&) {
  return document(200, "application/json",
                  status_json(commands.status(), commands.health(), commands.metrics()));
}

// A number that is written as one, within bounds.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

http::Response show_verdicts(Commands& commands, const http::RequestHead& head) {
  constexpr std::string_view kLimit = "limit=";
  std::size_t most = kVerdictsShown;
  if (!head.query().empty()) {
    const auto asked =
        head.query().starts_with(kLimit) ? parse_number(head.query().substr(kLimit.size())) : std::nullopt;
    if (!asked || *asked == 0 || *asked > kVerdictsShownMax)
      return problem(400, "write /api/v1/verdicts?limit=N, N from 1 to 10000, or leave the query out");
    most = static_cast<std::size_t>(*asked);
  }
  return document(200, "application/json", verdicts_json(commands.verdicts().latest(most)));
}

http::Response begin_stream(Commands&, const http::RequestHead&) {
  return document(200, "text/event-stream", ": verdicts as they come\n\n");
}

// A reader that comes again says what it has; the numbers of an earlier process mean nothing.
std::uint64_t last_seen(const VerdictLog& verdicts, const http::RequestHead& head) {
  const std::uint64_t newest = verdicts.newest();
  const auto seen = parse_number(head.headers.find_single("Last-Event-ID").value_or(""));
  return seen && *seen <= newest ? *seen : newest;
}

constexpr std::array kPages{
    Page{"/livez", false, true, show_live},
    Page{"/readyz", false, true, show_ready},
    Page{"/metrics", false, false, show_metrics},
    Page{"/api/v1/status", false, false, show_status},
    Page{"/api/v1/verdicts", false, false, show_verdicts},
    Page{"/api/v1/verdicts/stream", false, false, begin_stream},
    Page{"/api/v1/keys", false, false, show_keys},
    Page{"/api/v1/keys/refresh", true, false, refresh_keys},
};

http::Response nothing_here() {
  std::string paths;
  for (const Page& page : kPages) {
    paths += (paths.empty() ? "" : ", ") + std::string(page.post ? "POST " : "") + std::string(page.path);
  }
  paths += ", " + std::string(kInboxPath);
  return problem(404, "there is nothing at this path; there are " + paths);
}

http::Response wrong_method(const Page& page) {
  const std::string allowed = page.post ? "POST" : "GET, HEAD";
  http::Response response = problem(405, "this path takes " + allowed);
  response.headers.add("Allow", allowed);
  return response;
}

http::Response show_inbox(Commands& commands, const http::RequestHead& head, std::string_view body) {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (!reads) {
    if (auto refused = check_same_site(head)) return std::move(*refused);
  }
  return answer_inbox({.store = commands.inbox(),
                       .pushed = commands.pushes_inbox(),
                       .changed = [&] { commands.inbox_changed(); }},
                      head, body, base::system_clock().wall());
}

http::Response judge(const SiteSettings& settings, Commands& commands, const http::RequestHead& head,
                     std::string_view body) {
  const std::string_view path = head.path();
  const auto* page =
      std::find_if(kPages.begin(), kPages.end(), [&](const Page& p) { return p.path == path; });
  if (page == kPages.end() || !page->is_open) {
    if (auto refused = check_host(settings, head)) return std::move(*refused);
    if (auto refused = check_token(settings, head)) return std::move(*refused);
  }
  if (is_inbox_path(path)) return show_inbox(commands, head, body);
  if (page == kPages.end()) return nothing_here();
  const bool method_fits = page->post ? head.method == "POST" : head.method == "GET" || head.method == "HEAD";
  if (!method_fits) return wrong_method(*page);
  if (page->post) {
    if (auto refused = check_same_site(head)) return std::move(*refused);
  }
  return page->show(commands, head);
}

http::Response sealed(http::Response response) {
  response.headers.set("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

Answer answer(const SiteSettings& settings, Commands& commands, const http::RequestHead& head,
              std::string_view body) {
  Answer answer{sealed(judge(settings, commands, head, body))};
  answer.follows_verdicts = answer.response.status == 200 && head.method == "GET" &&
                            answer.response.headers.find("Content-Type") == "text/event-stream";
  if (answer.follows_verdicts) answer.after = last_seen(commands.verdicts(), head);
  return answer;
}

bool may_wait(const SiteSettings& settings, const http::RequestHead& head) {
  return is_inbox_path(head.path()) && !check_host(settings, head) && !check_token(settings, head);
}

http::Response refuse_to_wait() {
  http::Response response = problem(
      503, "too many requests wait for the inbox, which does not answer or is slow; nothing was done");
  response.headers.add("Retry-After", "10");
  return sealed(std::move(response));
}

}  // namespace callgate::admin
