// DRAW.md: the test vectors of the order of a lobby, and that every part of its name matters.
#include "engine/lobby_order.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/plate.h"
#include "engine/word_stream.h"

namespace plated {
namespace {

std::string hex(const LobbySeed& bytes) {
  std::string text(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

OfficeCode office(const char* text) { return *parse_office(text).office; }
CivilTime opening(int64_t unix_ms) { return CivilTime(Millis(unix_ms)); }

DrawSecret secret_of_vector_5() {
  DrawSecret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<uint8_t>(i);
  }
  return secret;
}

std::vector<uint32_t> words(const LobbySeed& seed, std::size_t count) {
  WordStream stream(seed);
  std::vector<uint32_t> all(count);
  std::generate(all.begin(), all.end(), [&] { return stream.next(); });
  return all;
}

// Members 1 to `count` as they came, in the seed's order.
std::vector<uint32_t> order(const LobbySeed& seed, uint32_t count) {
  std::vector<Waiter> waiters;
  for (uint32_t member = 1; member <= count; ++member) {
    waiters.push_back({member, member % 3});
  }
  order_lobby(seed, waiters);
  std::vector<uint32_t> members;
  for (const Waiter& waiter : waiters) {
    EXPECT_EQ(waiter.shard, waiter.owner % 3);
    members.push_back(waiter.owner);
  }
  return members;
}

TEST(LobbyOrder, Vector5TenMembers) {
  const LobbySeed seed =
      lobby_seed(secret_of_vector_5(), office("粤B"), opening(1'796'000'400'000));
  EXPECT_EQ(hex(seed), "0bfa2470ec3cac21cf27fca799eed69175c2aebd34049aa92a083ec8fed5a83b");
  EXPECT_EQ(words(seed, 12),
            (std::vector<uint32_t>{0xd80368d7, 0xf535c241, 0x44cf2c78, 0x538f0b42, 0x2f24d0a0,
                                   0x7439ccb6, 0x5e14b2c5, 0xfd40a4ae, 0xd7bb0b8e, 0xa14df17e,
                                   0xe63afa18, 0xdc20d430}));
  EXPECT_EQ(order(seed, 10), (std::vector<uint32_t>{1, 4, 5, 6, 7, 2, 8, 3, 10, 9}));
}

TEST(LobbyOrder, Vector6AThousandMembers) {
  const LobbySeed seed = lobby_seed(DrawSecret{}, office("京A"), opening(1'796'000'400'001));
  EXPECT_EQ(hex(seed), "dde9cb8ee38510bc2edeb31d2d458d2354643302b19cffe1302a92d50e99a6dc");
  std::vector<uint8_t> bytes;
  for (const uint32_t member : order(seed, 1000)) {
    for (unsigned i = 0; i < 4; ++i) {
      bytes.push_back(static_cast<uint8_t>(member >> (8 * i)));
    }
  }
  LobbySeed digest;
  crypto_hash_sha256(digest.data(), bytes.data(), bytes.size());
  EXPECT_EQ(hex(digest), "60d0dcd65b9ec2be6143489a0e9d822b52aef68086c67ab6a6cdb4204b720e08");
}

TEST(LobbyOrder, EveryPartOfItsNameMatters) {
  const std::vector<LobbySeed> seeds = {lobby_seed(DrawSecret{1}, office("粤B"), opening(1)),
                                        lobby_seed(DrawSecret{2}, office("粤B"), opening(1)),
                                        lobby_seed(DrawSecret{1}, office("粤A"), opening(1)),
                                        lobby_seed(DrawSecret{1}, office("京B"), opening(1)),
                                        lobby_seed(DrawSecret{1}, office("粤B"), opening(2))};
  for (const LobbySeed& seed : seeds) {
    EXPECT_EQ(std::count(seeds.begin(), seeds.end(), seed), 1);
  }
  EXPECT_EQ(lobby_seed(DrawSecret{1}, office("粤B"), opening(1)), seeds[0]) << "the same again";
}

TEST(LobbyOrder, FewMembersHaveAnOrderToo) {
  const LobbySeed seed{3};
  EXPECT_TRUE(order(seed, 0).empty());
  EXPECT_EQ(order(seed, 1), std::vector<uint32_t>{1});
  std::vector<uint32_t> two = order(seed, 2);
  std::sort(two.begin(), two.end());
  EXPECT_EQ(two, (std::vector<uint32_t>{1, 2}));
}

}  // namespace
}  // namespace plated
