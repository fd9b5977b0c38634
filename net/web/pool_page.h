// The pool notice (号池公示) as a page that needs no scripts. Pure; every text that comes from
// outside is escaped. pool_notice.h decides when it is made.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "engine/engine.h"
#include "engine/types.h"
#include "net/web/pages.h"
#include "net/web/pool_json.h"

namespace plated {

struct PoolPage {
  std::span<const PublicPool> pools;  // in the order of their keys
  std::span<const Office> offices;    // in the order of their codes
  CivilTime at{};
  PageLanguage language = PageLanguage::zh;
  bool rehearsal = false;
  // The office whose pools are shown; nothing: all of them if there is one office, otherwise a list
  // of the offices.
  std::optional<OfficeCode> office;
};
[[nodiscard]] std::string pools_page(const PoolPage& page);

}  // namespace plated
