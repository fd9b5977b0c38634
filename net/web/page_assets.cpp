// Looking up what net/web/embed_page.py compiled in.
#include "net/web/page_assets.h"

#include <algorithm>

#include "engine/check.h"

namespace plated {

const PageAsset* find_page_asset(std::string_view path) {
  const auto assets = page_assets();
  const auto found = std::ranges::lower_bound(assets, path, {}, &PageAsset::path);
  return found != assets.end() && found->path == path ? &*found : nullptr;
}

const PageAsset& page_asset_named(std::string_view name) {
  const auto assets = page_assets();
  const auto found = std::ranges::find(assets, name, &PageAsset::name);
  check(found != assets.end(), "the page has an asset of that name");
  return *found;
}

}  // namespace plated
