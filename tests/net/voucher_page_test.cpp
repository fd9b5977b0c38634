// The voucher's QR code as it is drawn. That readers read it proves little about its margin: ZBar
// 0.23.92 reads a code without any, other readers do not.
#include "net/web/voucher_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

namespace plated {
namespace {

struct Module {
  int x;
  int y;
};

struct Drawing {
  int size = 0;
  int white = 0;  // the side of the white square beneath, from the origin
  std::vector<Module> black;
};

Drawing drawing_of(const std::string& svg) {
  Drawing drawing;
  std::smatch found;
  if (std::regex_search(svg, found, std::regex("viewBox=\"0 0 (\\d+) \\1\""))) {
    drawing.size = std::stoi(found[1]);
  }
  if (std::regex_search(svg, found,
                        std::regex("<rect width=\"(\\d+)\" height=\"\\1\" fill=\"#fff\"/>"))) {
    drawing.white = std::stoi(found[1]);
  }
  const std::regex module("M(\\d+) (\\d+)h1v1h-1z");
  for (std::sregex_iterator at(svg.begin(), svg.end(), module), end; at != end; ++at) {
    drawing.black.push_back({std::stoi((*at)[1]), std::stoi((*at)[2])});
  }
  return drawing;
}

TEST(VoucherCode, FourModulesOfWhiteStandAroundIt) {
  constexpr int kQuiet = 4;  // ISO/IEC 18004, 6.3.8
  for (const std::size_t length : {1U, 20U, 60U, 200U}) {
    const Drawing drawing = drawing_of(qr_svg(std::string(length, 'a')));
    ASSERT_FALSE(drawing.black.empty());
    EXPECT_EQ(drawing.white, drawing.size) << "on any ground";
    EXPECT_EQ((drawing.size - 2 * kQuiet - 17) % 4, 0)
        << "the sides of a code are 17 + 4 n modules";
    const auto [left, right] =
        std::minmax_element(drawing.black.begin(), drawing.black.end(),
                            [](const Module& a, const Module& b) { return a.x < b.x; });
    const auto [top, bottom] =
        std::minmax_element(drawing.black.begin(), drawing.black.end(),
                            [](const Module& a, const Module& b) { return a.y < b.y; });
    EXPECT_EQ(left->x, kQuiet);
    EXPECT_EQ(top->y, kQuiet);
    EXPECT_EQ(right->x, drawing.size - 1 - kQuiet);
    EXPECT_EQ(bottom->y, drawing.size - 1 - kQuiet);
  }
}

}  // namespace
}  // namespace plated
