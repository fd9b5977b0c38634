#include "tests/simulation/application_book.h"

#include <fmt/format.h>

#include <algorithm>

namespace plated {
namespace {

bool among(const std::vector<std::string>& plates, const std::string& plate) {
  return std::find(plates.begin(), plates.end(), plate) != plates.end();
}

// Forgets what was asked for the last time up to `order`.
template <class Asked>
void forget(Asked& asked, uint64_t order) {
  std::erase_if(asked, [&](const auto& entry) { return entry.second.last <= order; });
}

// A countdown that ended at `was` ends at `is` now: not earlier, and later only by what crashes
// gave back.
std::string compare_ends(const char* what, int64_t was, int64_t is, int64_t slack) {
  if (is < was) {
    return fmt::format("the {} was shortened by {} ms", what, was - is);
  }
  return is > was + slack ? fmt::format("the {} grew by {} ms", what, is - was) : "";
}

}  // namespace

void ApplicationBook::asked(const AskedRequest& request) {
  last_touch_ = request.order;
  const auto note = [&](auto& asked, const auto& key) {
    const auto [entry, fresh] = asked.try_emplace(key, Times{request.order, request.order});
    entry->second.last = request.order;
  };
  if (request.op == "draw") {
    note(draws_, request.draw);
  } else if (request.op == "shortlist") {
    note(shortlists_, request.plate);
  } else if (request.op == "confirm") {
    note(confirms_, request.plate);
  }
}

void ApplicationBook::begin_next(const Origin& origin) {
  forget(draws_, origin.order);
  forget(shortlists_, origin.order);
  forget(confirms_, origin.order);
  extensions_.clear();
}

void ApplicationBook::adopt(const Face& next, const Origin& origin, int64_t slack) {
  Known known{next, origin, {}, {}, {}, slack};
  if (origin.office_clock) {
    const int64_t now = *origin.office_clock;
    known.batch_by = now + next.batch_in;
    known.shortlist_by = now + next.shortlist_in;
    known.verified_by = next.verified_in ? std::optional(now + *next.verified_in) : std::nullopt;
  } else if (known_ && known_->face.draw == next.draw && !known_->face.batch.empty()) {
    known.batch_by = known_->batch_by;
    known.slack = known_->slack;
  }
  known_ = std::move(known);
}

std::string ApplicationBook::follow(const Face& next, const Origin& origin, int64_t slack,
                                    const OfficeBook& office) {
  std::string wrong;
  bool begins = false;
  if (known_) {
    if (next.version < known_->face.version) {
      return since_known(origin.order) ? fmt::format("version {} was known, and is {} now",
                                                     known_->face.version, next.version)
                                       : "";
    }
    if (next.version == known_->face.version) {
      wrong = same_version(next, origin, slack);
    } else if (known_->face.finished() || known_->face.step == "lapsed") {
      wrong = after_done(next, office, begins);
    } else {
      wrong = after_unfinished(next, origin.office_clock.value_or(office.clock), begins);
    }
    if (wrong.empty() && !begins) {
      wrong = countdowns_hold(next, origin, slack);
    }
  }
  if (wrong.empty() && issue_said_ > 0 && origin.order > issue_said_ && next.step != "issued") {
    wrong = "it was issued";
  }
  if (begins) {
    begin_next(origin);
  }
  if (!known_ || next.version > known_->face.version || origin.order > known_->origin.order) {
    // What was pushed is newer than what was known, and nobody says by how much.
    const uint64_t known_order = known_ ? known_->origin.order : 0;
    adopt(next, {std::max(origin.order, known_order), origin.office_clock}, slack);
  }
  return wrong;
}

std::string ApplicationBook::same_version(const Face& next, const Origin& origin,
                                          int64_t slack) const {
  const Known& known = *known_;
  const std::string differs = difference(known.face, next);
  if (!differs.empty()) {
    return forfeits() ? "" : "one version, but two of " + differs;
  }
  if (!origin.office_clock) {
    return {};
  }
  const int64_t now = *origin.office_clock;
  if (known.shortlist_by && next.shortlist_in > 0) {
    return compare_ends("shortlist", *known.shortlist_by, now + next.shortlist_in,
                        slack - known.slack);
  }
  if (known.verified_by && next.verified_in && *next.verified_in > 0) {
    return compare_ends("verification", *known.verified_by, now + *next.verified_in,
                        slack - known.slack);
  }
  return {};
}

std::string ApplicationBook::countdowns_hold(const Face& next, const Origin& origin,
                                             int64_t slack) const {
  const Known& known = *known_;
  if (!origin.office_clock || !known.batch_by || next.draw != known.face.draw ||
      known.face.batch.empty() || next.batch_in == 0) {
    return {};
  }
  return compare_ends("batch", *known.batch_by, *origin.office_clock + next.batch_in,
                      slack - known.slack);
}

std::string ApplicationBook::after_done(const Face& next, const OfficeBook& office,
                                        bool& begins) const {
  const Face& face = known_->face;
  if (face.step == "lapsed") {
    begins = next.step != "lapsed";
    return {};
  }
  if (next.finished() && next.sequence == face.sequence) {
    if (next.reserved != face.reserved || next.voucher != face.voucher ||
        next.automatic != face.automatic) {
      return "the reservation became another one";
    }
    if (next.deadline != face.deadline && !extensions_.contains(next.deadline)) {
      return "the deadline moved from " + face.deadline + " to " + next.deadline;
    }
    if (face.step == "issued" && next.step != "issued") {
      return "what was issued is not any more";
    }
    return next.step == "issued" && issued_ == 0 ? "nobody issued it" : "";
  }
  if (face.step == "issued") {
    return "what was issued is not any more";
  }
  const int64_t lapses_at = OfficeBook::end_of(face.deadline) + office.grace_least.count();
  const bool may_lapse = next.at >= lapses_at || !extensions_.empty();
  begins = next.step != "lapsed";
  if (next.step == "lapsed") {
    return may_lapse ? "" : "it lapsed before its deadline " + face.deadline;
  }
  return may_lapse || since_known(voided_) ? ""
                                           : "the reservation of " + face.reserved + " is lost";
}

std::string ApplicationBook::after_unfinished(const Face& next, int64_t now, bool& begins) const {
  const Face& face = known_->face;
  if (since_known(voided_) || since_known(days_passed_)) {
    begins = next.draw < face.draw || next.step == "submit";
    return {};
  }
  if (next.step == "lapsed" || next.draw < face.draw ||
      (next.step == "submit" && face.step != "submit")) {
    return "the application began again by itself";
  }
  std::string wrong = draws_add_up(next);
  if (wrong.empty()) {
    wrong = next.finished() ? confirmed(next, now) : holds_stay(next, now);
  }
  return wrong;
}

// Each draw costs one, and only what was asked for was drawn.
std::string ApplicationBook::draws_add_up(const Face& next) const {
  const Face& face = known_->face;
  const int64_t most = draws_.empty() ? 0 : draws_.rbegin()->first;
  if (next.draw > std::max(most, face.draw)) {
    return fmt::format("draw {} was never asked for", next.draw);
  }
  if (face.step != "submit" && next.draw + next.draws_left != face.draw + face.draws_left &&
      !forfeits()) {
    return fmt::format("{} draws and {} left became {} and {}", face.draw, face.draws_left,
                       next.draw, next.draws_left);
  }
  return {};
}

std::string ApplicationBook::confirmed(const Face& next, int64_t now) const {
  const Known& known = *known_;
  if (next.step == "issued" && issued_ == 0) {
    return "nobody issued it";
  }
  if (!next.automatic) {
    return confirms_.contains(next.reserved) ? "" : next.reserved + " was never asked for";
  }
  if (next.draws_left > 0) {
    return "it was confirmed by itself with draws left";
  }
  if (!known.face.fallback.empty() && known.face.fallback != next.reserved) {
    return "the fallback was " + known.face.fallback + ", and " + next.reserved + " was confirmed";
  }
  const bool batch_runs = known.face.draw == next.draw && !known.face.batch.empty() &&
                          known.batch_by && now < *known.batch_by;
  const bool shortlist_runs =
      !known.face.shortlist.empty() && known.shortlist_by && now < *known.shortlist_by;
  return batch_runs || shortlist_runs ? "it was confirmed by itself while a countdown ran" : "";
}

// What was held is held until its countdown ends, and what is over stays so.
std::string ApplicationBook::holds_stay(const Face& next, int64_t now) const {
  const Known& known = *known_;
  const Face& face = known.face;
  if (forfeits()) {
    return {};
  }
  if (next.draw == face.draw && face.step == "pick") {
    if (!next.batch.empty() && face.batch != next.batch) {
      return face.batch.empty() ? "a batch that was over lives again" : "one draw gave two batches";
    }
    if (next.batch.empty() && !face.batch.empty() && known.batch_by && now < *known.batch_by) {
      return fmt::format("the batch was gone {} ms too early", *known.batch_by - now);
    }
    if (!face.fallback.empty() && next.fallback != face.fallback) {
      return "the fallback was let go";
    }
  }
  for (const std::string& plate : next.shortlist) {
    if (!among(face.shortlist, plate) && !shortlists_.contains(plate)) {
      return plate + " is on the shortlist, and nobody put it there";
    }
  }
  const auto gone = std::count_if(face.shortlist.begin(), face.shortlist.end(),
                                  [&](const auto& plate) { return !among(next.shortlist, plate); });
  const bool swapped =
      gone == 1 &&
      std::any_of(next.shortlist.begin(), next.shortlist.end(), [&](const auto& plate) {
        return among(face.batch, plate) && !among(face.shortlist, plate);
      });
  if (gone > 0 && !swapped && known.shortlist_by && now < *known.shortlist_by) {
    return fmt::format("the shortlist lost a plate {} ms too early", *known.shortlist_by - now);
  }
  return {};
}

std::string ApplicationBook::judge(const AskedRequest& request, const Face* next,
                                   const std::string& code, int64_t slack) const {
  if (!known_ || known_->origin.order >= request.order) {
    return {};
  }
  if (request.listed && next != nullptr && next->draw > known_->face.draw && request.op == "draw" &&
      draws_.at(request.draw).first == request.order) {
    return "somebody on the blacklist drew";
  }
  if (known_->origin.order < request.touched_before) {
    return {};
  }
  std::string wrong = judge_time(request, next, code, slack);
  if (wrong.empty() && next != nullptr) {
    wrong = repeats(request) ? judge_repetition(request, *next) : judge_fresh(request, *next);
  }
  return wrong;
}

bool ApplicationBook::repeats(const AskedRequest& request) const {
  const Face& face = known_->face;
  return (request.op == "draw" && face.draw > 0 && request.draw == face.draw) ||
         (request.op == "shortlist" && among(face.shortlist, request.plate)) ||
         (request.op == "submit" && face.step != "submit") ||
         (request.op == "verify" && face.step == "pick");
}

// What was done already changes nothing, unless a countdown has ended since, or others have.
std::string ApplicationBook::judge_repetition(const AskedRequest& request, const Face& next) const {
  const Face& face = known_->face;
  const auto runs = [&](bool live, const std::optional<int64_t>& by) {
    return !live || (by && request.office_clock < *by);
  };
  const bool from_afar = forfeits() || since_known(from_afar_);
  const bool nothing_due = !from_afar && (face.step == "notice" || face.step == "pick") &&
                           runs(!face.batch.empty(), known_->batch_by) &&
                           runs(!face.shortlist.empty(), known_->shortlist_by) &&
                           runs(face.step == "pick", known_->verified_by);
  return nothing_due && next.version != face.version
             ? fmt::format("repeating {} changed version {} into {}", request.op, face.version,
                           next.version)
             : "";
}

// A request at or after the deadline loses, and one before it does not.
std::string ApplicationBook::judge_time(const AskedRequest& request, const Face* next,
                                        const std::string& code, int64_t slack) const {
  const Known& known = *known_;
  const bool shortlists = request.op == "shortlist" && among(known.face.batch, request.plate) &&
                          !among(known.face.shortlist, request.plate);
  const bool confirms = request.op == "confirm" && among(known.face.shortlist, request.plate);
  const std::optional<int64_t> by = shortlists ? known.batch_by
                                    : confirms ? known.shortlist_by
                                               : std::nullopt;
  if (!by || known.face.step != "pick") {
    return {};
  }
  const int64_t late = request.office_clock - *by;
  if (late < 0 && (code == "expired" || code == "not_in_batch" || code == "not_on_shortlist")) {
    return fmt::format("{} ms before the deadline was too late", -late);
  }
  const bool won = next != nullptr && !(confirms && next->automatic);
  if (late >= slack - known.slack && won) {
    return fmt::format("a request won {} ms after the deadline", late);
  }
  return {};
}

// What a request that was not a repetition brought.
std::string ApplicationBook::judge_fresh(const AskedRequest& request, const Face& next) const {
  const Face& face = known_->face;
  const Settings& settings = request.office.settings;
  if (request.op == "draw" && next.draw == request.draw && face.draw + 1 == request.draw) {
    if (request.office.stands()) {
      return "a draw while the office stood";
    }
    if (next.batch_in != settings.batch_hold.count() * request.times) {
      return fmt::format("a batch for {} ms", next.batch_in);
    }
    return next.batch.empty() || next.batch.size() > settings.batch_size ? "a batch of a wrong size"
                                                                         : "";
  }
  if (request.op == "submit" && face.step == "submit" && next.draws_left != settings.draws) {
    return fmt::format("{} draws after submitting", next.draws_left);
  }
  if (request.op == "confirm" && !face.finished() && next.reserved == request.plate &&
      next.deadline != request.office.deadline_from(next.at)) {
    return "the deadline is " + next.deadline + " instead of " +
           request.office.deadline_from(next.at);
  }
  return {};
}

bool ApplicationBook::surely_holds(const std::string& plate, int64_t office_clock) const {
  if (!untouched() || known_->face.step != "pick") {
    return false;
  }
  const Face& face = known_->face;
  return (among(face.batch, plate) && known_->batch_by && office_clock < *known_->batch_by) ||
         (among(face.shortlist, plate) && known_->shortlist_by &&
          office_clock < *known_->shortlist_by);
}

void ApplicationBook::add_countdowns(int64_t office_clock, std::vector<int64_t>& left) const {
  if (!known_ || known_->face.step != "pick") {
    return;
  }
  for (const auto& by : {known_->batch_by, known_->shortlist_by, known_->verified_by}) {
    if (by && *by > office_clock) {
      left.push_back(*by - office_clock);
    }
  }
}

}  // namespace plated
