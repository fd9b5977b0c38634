// What is compiled in of the web page, as the public HTTP side relies on it.
#include "net/web/page_assets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace plated {
namespace {

TEST(PageAssets, AreInTheOrderOfPathsAndEachPathStandsOnce) {
  const auto assets = page_assets();
  ASSERT_FALSE(assets.empty());
  EXPECT_TRUE(std::ranges::is_sorted(assets, {}, &PageAsset::path));
  EXPECT_EQ(std::ranges::adjacent_find(assets, {}, &PageAsset::path), assets.end());
  for (const PageAsset& asset : assets) {
    EXPECT_EQ(find_page_asset(asset.path), &asset);
  }
}

TEST(PageAssets, NothingIsFoundWhereNothingIs) {
  for (const std::string_view path : {"", "/x", "/assets/", "/assets/app", "/zzz"}) {
    EXPECT_EQ(find_page_asset(path), nullptr) << path;
  }
}

TEST(PageAssets, ThePageAwaitsItsModeAndIsNotCompressedBeforehand) {
  const PageAsset* const page = find_page_asset("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->name, "index.html");
  EXPECT_NE(page->bytes.find("{{mode}}"), std::string_view::npos);
  EXPECT_TRUE(page->gzip.empty());
  EXPECT_FALSE(page->immutable);
}

TEST(PageAssets, ThePageLinksWhatIsThere) {
  const std::string_view page = find_page_asset("/")->bytes;
  for (const std::string_view name : {"app.js", "style.css"}) {
    EXPECT_NE(page.find(page_asset_named(name).path), std::string_view::npos) << name;
  }
  EXPECT_NE(find_page_asset("/login")->bytes.find(page_asset_named("login.css").path),
            std::string_view::npos);
}

TEST(PageAssets, WhatCachesKeepForEverBearsAHashAndCompressedFormsThatAreSmaller) {
  for (const PageAsset& asset : page_assets()) {
    EXPECT_EQ(asset.immutable, asset.path.starts_with("/assets/")) << asset.path;
    if (!asset.immutable) {
      continue;
    }
    const std::size_t dash = asset.path.rfind('-');
    ASSERT_NE(dash, std::string_view::npos) << asset.path;
    EXPECT_EQ(asset.path.find('.', dash) - dash, 9U) << asset.path;
    if (!asset.content_type.starts_with("text/")) continue;  // a font is compressed as it is
    if (asset.gzip.empty()) {  // a script of a line, which gzip would only lengthen
      EXPECT_LT(asset.bytes.size(), 256U) << asset.path;
      continue;
    }
    EXPECT_TRUE(asset.gzip.starts_with("\x1f\x8b")) << asset.path;
    EXPECT_LT(asset.gzip.size(), asset.bytes.size()) << asset.path;
    EXPECT_FALSE(asset.brotli.empty()) << asset.path;
    EXPECT_LT(asset.brotli.size(), asset.gzip.size()) << asset.path;
  }
}

TEST(PageAssets, NothingInThePagesWantsAnotherHostOrAnInlineScript) {
  for (const std::string_view path : {"/", "/login"}) {
    const std::string_view text = find_page_asset(path)->bytes;
    for (const std::string_view banned :
         {"src=\"http", "href=\"http", "<style", " style=", "onclick"}) {
      EXPECT_EQ(text.find(banned), std::string_view::npos) << path << " " << banned;
    }
    EXPECT_EQ(text.find("<script>"), std::string_view::npos) << path;
  }
}

}  // namespace
}  // namespace plated
