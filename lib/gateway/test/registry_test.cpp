// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <callgate/mint/signing_key.hpp>

#include <cstdio>
#include <fstream>

namespace callgate::gateway {
namespace {

using config::ProviderSettings;
using config::ServeSettings;

class RegistryTest : public testing::Test {
 protected:
  RegistryTest()
      : path_(testing::TempDir() + "registry-" + std::to_string(getpid())),
        registry_(log_, slots_,
                  [this](std::shared_ptr<const Judging> judging) { told_.push_back(std::move(judging)); }) {}
  ~RegistryTest() override {
    std::remove(file("a").c_str());
    std::remove(file("b").c_str());
  }
  std::string file(const std::string& name) const { return path_ + name; }
  void write_keys(const std::string& name, const std::string& kid) const {
    const auto key = *mint::SigningKey::generate_rsa(2048, kid);
    std::ofstream(file(name)) << mint::key_set(&key, 1);
  }
  ProviderSettings provider(const std::string& name, const std::string& keys) const {
    ProviderSettings out;
    out.provider.name = name;
    out.keys_file = file(keys);
    return out;
  }
  static std::shared_ptr<ServeSettings> settings(std::vector<ProviderSettings> providers) {
    auto out = std::make_shared<ServeSettings>();
    for (std::size_t i = 0; i < providers.size(); ++i) {
      config::RouteSettings route;
      route.path = "/" + providers[i].provider.name;
      route.providers = {i};
      out->routes.push_back(std::move(route));
    }
    out->providers = std::move(providers);
    return out;
  }

  const std::string path_;
  Log log_{{.least_level = "error"}};
  Slots slots_;
  std::vector<std::shared_ptr<const Judging>> told_;
  Registry registry_;
};

TEST_F(RegistryTest, ProvidersOfOnePlaceShareASource) {
  write_keys("a", "k1");
  write_keys("b", "k2");
  ASSERT_TRUE(
      registry_.use(settings({provider("one", "a"), provider("two", "a"), provider("three", "b")}), {}));
  const auto& judging = *told_.back();
  EXPECT_EQ(judging.keys[0], judging.keys[1]);
  EXPECT_NE(judging.keys[0], judging.keys[2]);
  EXPECT_EQ(judging.routes[0].callers[0].name, "three") << "the longest path first";
  EXPECT_EQ(registry_.views().size(), 2U);
  EXPECT_EQ(registry_.views()[0].providers, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(registry_.counts().size(), 3U);
}

TEST_F(RegistryTest, AnErrorLeavesTheOldSettings) {
  write_keys("a", "k1");
  const auto first = settings({provider("one", "a")});
  ASSERT_TRUE(registry_.use(first, {}));
  const std::size_t times = told_.size();
  EXPECT_FALSE(registry_.use(settings({provider("one", "a"), provider("two", "none")}), {}));
  EXPECT_EQ(registry_.settings(), first);
  EXPECT_EQ(told_.size(), times) << "nobody was told";
  EXPECT_EQ(registry_.views().size(), 1U);
}

TEST_F(RegistryTest, ASourceThatIsStillNamedLivesOn) {
  write_keys("a", "k1");
  ASSERT_TRUE(registry_.use(settings({provider("one", "a")}), {}));
  const auto source = told_.back()->routes[0].callers[0].source;
  ASSERT_TRUE(registry_.use(settings({provider("renamed", "a")}), {}));
  EXPECT_EQ(told_.back()->routes[0].callers[0].source, source);
  EXPECT_EQ(registry_.views()[0].providers, std::vector<std::string>{"renamed"});
}

TEST_F(RegistryTest, APinnedFileIsReadAgainAndABadOneIsNot) {
  write_keys("a", "k1");
  ASSERT_TRUE(registry_.use(settings({provider("one", "a")}), {}));
  write_keys("a", "k2");
  registry_.reload_pinned_keys();
  EXPECT_NE(told_.back()->keys[0]->find("k2"), nullptr);
  std::ofstream(file("a")) << "{}";
  registry_.reload_pinned_keys();
  EXPECT_NE(told_.back()->keys[0]->find("k2"), nullptr) << "the old keys stay";
  EXPECT_TRUE(registry_.health()[0].ok);
}

}  // namespace
}  // namespace callgate::gateway
