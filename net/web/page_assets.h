// The web page, bundled from net/page/ and compiled in. The data is written by
// net/web/embed_page.py at build time; it is constant and any thread may read it.
#pragma once

#include <span>
#include <string_view>

namespace plated {

struct PageAsset {
  std::string_view path;  // Where it is served: "/", "/login", "/assets/app-1A2B3C4D.js".
  std::string_view name;  // What our own pages call it: "index.html", "app.js", "pages.css".
  std::string_view content_type;  // With the charset.
  std::string_view bytes;
  std::string_view gzip;  // The same, compressed; empty where that is no smaller.
  std::string_view brotli;
  std::string_view etag;  // A strong entity tag of `bytes`, with its quotes.
  bool immutable;         // The path holds a hash of the content, so caches may keep it for ever.
};

// Every asset, in the order of paths. "/" (index.html) holds `{{mode}}`, which is to be replaced by
// `demo`, `rehearsal` or `real` before it is sent, and `{{platform_name}}` and `{{platform_url}}`;
// its tag does not count those in. "/login" is for demonstrations only.
std::span<const PageAsset> page_assets();

// The asset served at `path`, or null.
const PageAsset* find_page_asset(std::string_view path);

// The asset called `name`, which must exist: a page that the server writes links "pages.css" by
// `page_asset_named("pages.css").path`.
const PageAsset& page_asset_named(std::string_view name);

}  // namespace plated
