// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/net/tls.hpp>
#include <filesystem>

#include "certificates.hpp"

namespace callgate::net {
namespace {

void expect_in(const std::string& text, std::initializer_list<std::string> parts) {
  for (const auto& part : parts) EXPECT_PRED_FORMAT2(testing::IsSubstring, part, text);
}

// The error of loading these files, or "" and the warning in `warning`.
std::string load(const TlsFiles& files, std::string* warning = nullptr) {
  const auto loaded = TlsContext::load(files);
  if (loaded && warning != nullptr) *warning = (*loaded)->warning();
  return loaded ? "" : loaded.error().message;
}

class TlsContextTest : public testing::Test {
 protected:
  TlsFiles put(const Pair& pair) const {
    return {.certificate = folder_.put("cert.pem", pair.certificate),
            .key = folder_.put("key.pem", pair.key)};
  }
  std::string warning_of(Validity validity) const {
    std::string warning;
    EXPECT_EQ(load(put(authority_.issue("a", validity)), &warning), "");
    return warning;
  }

  const Authority authority_{"test authority"};
  const Folder folder_;
};

TEST_F(TlsContextTest, LoadsAPair) {
  const auto files = put(authority_.issue("a"));
  const auto one = TlsContext::load(files);
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ((*one)->warning(), "");
  EXPECT_EQ((*one)->fingerprint().size(), 64U);
  const auto again = TlsContext::load(files);
  EXPECT_EQ((*one)->fingerprint(), (*again)->fingerprint());
  const auto other = TlsContext::load(put(authority_.issue("a")));
  EXPECT_NE((*one)->fingerprint(), (*other)->fingerprint());
}

TEST_F(TlsContextTest, NamesTheFileThatIsWrong) {
  const Pair pair = authority_.issue("a");
  const Pair other = authority_.issue("b");
  const TlsFiles good = put(pair);
  const std::string no_file = folder_.path("missing.pem");
  const std::string empty = folder_.put("empty.pem", "");
  const std::string text = folder_.put("text.pem", "hello");
  const std::string encrypted = folder_.put("encrypted.pem", encrypt_key(pair.key));
  const std::string cut = folder_.put("cut.pem", pair.certificate + pair.certificate.substr(0, 200));
  const std::string large = folder_.put("large.pem", std::string(5 << 20, 'x'));
  const std::string other_key = folder_.put("other.pem", other.key);
  const struct {
    TlsFiles files;
    std::string file, word;
  } cases[] = {
      {{no_file, good.key}, no_file, "No such file"},
      {{good.certificate, no_file}, no_file, "No such file"},
      {{good.certificate, good.key, no_file}, no_file, "No such file"},
      {{folder_.path(""), good.key}, folder_.path(""), "no regular file"},
      {{large, good.key}, large, "4 MiB"},
      {{empty, good.key}, empty, "no certificate"},
      {{text, good.key}, text, "no certificate"},
      {{good.key, good.key}, good.key, "no certificate"},
      {{good.certificate, good.key, text}, text, "no certificate"},
      {{cut, good.key}, cut, "damaged behind its certificate 1"},
      {{good.certificate, good.certificate}, good.certificate, "no private key"},
      {{good.certificate, encrypted}, encrypted, "encrypted"},
      {{good.certificate, other_key}, other_key, "does not belong"},
  };
  for (const auto& [files, file, word] : cases) expect_in(load(files), {"'" + file + "'", word});
}

TEST_F(TlsContextTest, NeverTellsTheKey) {
  const Pair pair = authority_.issue("a");
  const auto files = put(pair);
  folder_.put("key.pem", pair.key.substr(0, pair.key.size() / 2));
  const std::string error = load(files);
  expect_in(error, {"no private key"});
  EXPECT_PRED_FORMAT2(testing::IsNotSubstring, pair.key.substr(40, 12), error);
}

TEST_F(TlsContextTest, TakesAChain) {
  const Pair pair = authority_.issue("a");
  EXPECT_EQ(load(put({pair.certificate + authority_.pair().certificate, pair.key})), "");
  // In the wrong order the key does not fit.
  expect_in(load(put({authority_.pair().certificate + pair.certificate, pair.key})),
            {"the server's certificate before its chain"});
}

TEST_F(TlsContextTest, WarnsOfDates) {
  EXPECT_EQ(warning_of({-1, 15}), "");
  expect_in(warning_of({-1, 13}), {"cert.pem", "expires in 13 days"});
  expect_in(warning_of({-30, -3}), {"expired 2 days ago"});
  expect_in(warning_of({2, 90}), {"is not valid before 2 days from now"});
}

TEST_F(TlsContextTest, WarnsOfAKeyThatEverybodyCanRead) {
  const auto files = put(authority_.issue("a"));
  std::filesystem::permissions(files.key, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  std::string warning;
  EXPECT_EQ(load(files, &warning), "");
  expect_in(warning, {"key.pem", "chmod 600"});
}

}  // namespace
}  // namespace callgate::net
