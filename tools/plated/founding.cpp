#include "tools/plated/founding.h"

#include "engine/plate.h"
#include "tools/plated/secrets.h"

namespace plated {
namespace {

constexpr std::string_view kFirstTerms = "2026-01";

constexpr std::string_view kFirstTermsZh =
    "机动车号牌选号须知\n"
    "1. 每辆车选号一次。提交后有规定次数的随机机会，每次从号池中随机给出一批号牌。\n"
    "2. "
    "每批号牌为您保留一段时间，时间到即释放。可从每批中选一个放入备选栏，再从备选栏中确认一个。\n"
    "3. 机会用完而没有确认的，倒计时结束后，最后一批的第一个号牌将自动确认。\n"
    "4. "
    "确认后不能更改。请在截止日期前到车管所办理；逾期未办理的，号牌收回，机动车所有人列入黑名单，"
    "期间不能网上选号。\n"
    "5. 断线不扣次数；重新进入后继续。\n";

constexpr std::string_view kFirstTermsEn =
    "Terms of number-plate selection\n"
    "1. Each vehicle selects once. After submitting you have a number of draws; each gives a batch "
    "of plates at random from the pool.\n"
    "2. A batch is kept for you while its countdown runs, then released. From each batch you may "
    "put one plate on your shortlist, and confirm one plate of the shortlist.\n"
    "3. If you use every draw and confirm nothing, the first plate of the last batch is confirmed "
    "by itself when the countdowns have ended.\n"
    "4. A confirmed plate cannot be changed. Have it issued at the office by its deadline; if you "
    "do not, the plate goes back and you are blacklisted, which ends online selection for a time.\n"
    "5. Losing the connection costs no draw; come back and go on.\n";

// The first refusal ends it.
class Steps {
 public:
  template <class Step>
  Steps& then(Step&& step) {
    if (verdict_.ok()) {
      verdict_ = step();
    }
    return *this;
  }
  [[nodiscard]] Verdict verdict() const { return verdict_; }

 private:
  Verdict verdict_;
};

// Every plate of one class, without the all-zero serials, unless the pool is there already.
Verdict load_whole_pool(Engine& engine, BoundKeys& keys, PoolKey pool) {
  const auto known = engine.pool(pool);
  if (known && known->counts.loaded > 0) {
    return {};
  }
  return Steps()
      .then([&] { return make_pool_with_secrets(engine, keys, pool); })
      .then([&] {
        LoadSegment segment;
        segment.plates = {pool, PlateNumber{0}, PlateNumber{plates_of(pool.plate_class) - 1}};
        segment.note = "demo";
        return engine.load(segment, kNobody).verdict;
      })
      .verdict();
}

Verdict make_office(Engine& engine, OfficeCode code, bool always_open) {
  if (engine.office(code)) {
    return {};
  }
  OfficePatch patch{.office = code};
  patch.settings.emplace();
  patch.settings->terms = kFirstTerms;
  if (always_open) {
    patch.schedule = {{0x7f, 0, kMinutesPerDay}};
  }
  Changes nobody_watches_yet;
  return engine.put_office(patch, kNobody, nobody_watches_yet);
}

}  // namespace

bool is_demonstration(const Terms& terms) {
  return terms.zh == kFirstTermsZh && terms.en == kFirstTermsEn;
}

Verdict found_service(Engine& engine, BoundKeys& keys, const Options& options) {
  const bool rehearsal = options.rehearsal || options.demo;
  const auto office = parse_office(options.rehearsal_office).office;
  Steps steps;
  steps.then([&] { return engine.found(rehearsal); }).then([&] { return keys.record(); }).then([&] {
    return engine.terms(kFirstTerms)
               ? Verdict{}
               : engine.put_terms(kFirstTerms, kFirstTermsZh, kFirstTermsEn, kNobody);
  });
  if (rehearsal) {
    steps.then([&] { return make_office(engine, *office, options.demo); });
  }
  if (options.demo) {
    for (const PlateClass kind : {PlateClass::small, PlateClass::large}) {
      steps.then([&] { return load_whole_pool(engine, keys, {*office, kind, Power::electric}); });
    }
  }
  return steps.verdict();
}

}  // namespace plated
