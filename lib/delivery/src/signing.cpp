// SPDX-License-Identifier: Apache-2.0
#include <callgate/delivery/signing.hpp>
#include <callgate/digest/base64.hpp>
#include <callgate/digest/hmac.hpp>
#include <chrono>

namespace callgate::delivery {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kHowToMakeOne =
    "; make one with: printf 'whsec_%s\\n' \"$(openssl rand -base64 32)\"";

base::Result<SigningSecret> refuse(const std::string& what) {
  return base::fail("the signing secret " + what + std::string(kHowToMakeOne));
}

std::string_view without_space_around(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

base::Result<SigningSecret> parse_signing_secret(std::string_view text) {
  text = without_space_around(text);
  if (text.empty()) return refuse("is empty");
  if (text.find_first_of(kSpace) != std::string_view::npos) return refuse("has white space within");
  if (!text.starts_with(kPrefix)) return refuse("does not begin with \"whsec_\"");
  auto bytes = digest::decode_base64(text.substr(kPrefix.size()));
  if (!bytes) return refuse("is not base64 with padding after \"whsec_\"");
  if (bytes->size() < kSecretBytesMin || bytes->size() > kSecretBytesMax) {
    return refuse("holds " + std::to_string(bytes->size()) + " bytes, not " +
                  std::to_string(kSecretBytesMin) + " to " + std::to_string(kSecretBytesMax));
  }
  return SigningSecret(std::move(*bytes));
}

std::string sign(std::string_view id, base::WallTime at, std::string_view body,
                 std::span<const SigningSecret> secrets) {
  if (secrets.empty()) return {};
  std::string text(id);
  text += "." + std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count()) + ".";
  text += body;
  std::string out;
  for (const SigningSecret& secret : secrets) {
    const digest::Digest mac = digest::hmac_sha256(secret.reveal(), text);
    if (mac.size == 0) return {};
    if (!out.empty()) out += ' ';
    out += "v1," + digest::encode_base64(mac.view());
  }
  return out;
}

}  // namespace callgate::delivery
