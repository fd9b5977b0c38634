#include "net/protocol/ticket_cookie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace plated {
namespace {

const CivilTime kThen{Millis{1'790'000'000'000}};
constexpr Millis kMinute{60'000};

TEST(Cookies, AreFoundByTheirWholeName) {
  using Values = std::vector<std::string_view>;
  const auto name = ticket_cookie_name(false);
  EXPECT_EQ(find_cookies("plated_ticket=a.b.c", name), Values{"a.b.c"});
  EXPECT_EQ(find_cookies("x=1; plated_ticket=a.b.c ; y=2", name), Values{"a.b.c"});
  EXPECT_EQ(find_cookies("x=1;plated_ticket=", name), Values{""});
  EXPECT_EQ(find_cookies("plated_ticket=a=b", name), Values{"a=b"});
  EXPECT_EQ(find_cookies("plated_ticket=a; plated_ticket=b", name), (Values{"a", "b"}));
  EXPECT_EQ(find_cookies("xplated_ticket=a; plated_ticket2=b; plated_ticket", name), Values{});
  EXPECT_EQ(find_cookies("", name), Values{});
  EXPECT_EQ(find_cookies(";;;", name), Values{});
}

class TicketCookies : public testing::Test {
 protected:
  // The cookie of an owner's ticket that was issued so long ago.
  [[nodiscard]] std::string cookie(std::string_view owner, std::optional<Millis> ago,
                                   Millis left = 10 * kMinute, bool secure = false) const {
    const auto issued = ago ? std::optional(kThen - *ago) : std::nullopt;
    return std::string(ticket_cookie_name(secure)) + "=" +
           make_ticket(key_, owner, kThen + left, issued);
  }
  // Whose ticket counts, whichever of them comes first.
  [[nodiscard]] std::string winner(std::vector<std::string> cookies, bool secure = false) const {
    std::sort(cookies.begin(), cookies.end());
    std::string owner;
    do {
      std::string header = "a=b";
      for (const std::string& one : cookies) {
        header += "; " + one;
      }
      const auto found = newest_ticket(header, ticket_cookie_name(secure), tickets_, kThen);
      if (!found) {
        return "(none)";
      }
      const auto* const ticket = std::get_if<Ticket>(&*found);
      const std::string now = ticket == nullptr ? "(refused)" : ticket->owner;
      EXPECT_TRUE(owner.empty() || owner == now) << "its place decided: " << owner << ", " << now;
      owner = now;
    } while (std::next_permutation(cookies.begin(), cookies.end()));
    return owner;
  }

  const TicketKey key_{7};
  const TicketVerifier tickets_{TicketAlgorithm::hs256, key_};
};

TEST_F(TicketCookies, OfTwoTheOneIssuedLastCounts) {
  EXPECT_EQ(winner({cookie("old", 9 * kMinute), cookie("new", kMinute)}), "new");
  EXPECT_EQ(winner({cookie("old", std::nullopt), cookie("new", 9 * kMinute)}), "new");
  EXPECT_EQ(winner({cookie("short", kMinute, 2 * kMinute), cookie("long", kMinute)}), "long");
  EXPECT_EQ(winner({cookie("a", kMinute), cookie("b", 2 * kMinute), cookie("c", 3 * kMinute)}),
            "a");
}

TEST_F(TicketCookies, OneThatIsWorthNothingDoesNotStandInTheWay) {
  EXPECT_EQ(winner({cookie("good", 9 * kMinute), cookie("gone", kMinute, -kMinute)}), "good");
  EXPECT_EQ(winner({cookie("good", 9 * kMinute), "plated_ticket=x"}), "good");
  EXPECT_EQ(winner({"plated_ticket=x", "plated_ticket=y"}), "(refused)");
  EXPECT_EQ(winner({"plated_ticket="}), "(refused)");
  EXPECT_EQ(winner({}), "(none)");
}

TEST_F(TicketCookies, MoreThanABrowserHasCountAsNone) {
  std::vector<std::string> cookies(kTicketCookiesMax, "plated_ticket=x");
  cookies.front() = cookie("r-1", kMinute);
  EXPECT_EQ(winner(cookies), "r-1");
  cookies.push_back("plated_ticket=y");
  EXPECT_EQ(winner(cookies), "(refused)");
}

TEST_F(TicketCookies, UnderTlsOnlyTheNameCountsThatNobodyElseCanPlant) {
  EXPECT_EQ(ticket_cookie_name(true), "__Host-plated_ticket");
  EXPECT_EQ(winner({cookie("planted", kMinute)}, true), "(none)");
  EXPECT_EQ(winner({cookie("planted", kMinute), cookie("own", 9 * kMinute, kMinute, true)}, true),
            "own");
}

}  // namespace
}  // namespace plated
