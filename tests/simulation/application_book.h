// What the oracle knows of one vehicle's application: the last document that somebody was given,
// what was asked since, and what operators did. It knows the rules of selection and judges by them
// whether a later document can follow from an earlier one: nothing acknowledged is lost, nothing
// happens twice, no countdown is shortened or revived.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/face.h"
#include "tests/simulation/office_book.h"

namespace plated {

// One request as it was sent, and what stood when it was executed.
struct AskedRequest {
  uint64_t order = 0;  // among everything that ever happened
  std::string owner;
  std::string vehicle;
  std::string op;  // empty: nonsense
  int64_t draw = 0;
  std::string plate;
  // When it was executed:
  int64_t office_clock = 0;
  uint64_t touched_before = 0;  // the last order at which anything else could change it
  uint32_t times = 1;           // how much longer the owner's countdowns are
  OfficeBook office{};
  bool listed = false;  // the owner is blacklisted for certain
};

// Where a document comes from.
struct Origin {
  uint64_t order = 0;
  std::optional<int64_t> office_clock;  // nothing: somewhat earlier
};

class ApplicationBook {
 public:
  ApplicationBook(std::string owner, std::string vehicle, std::string office)
      : owner_(std::move(owner)), vehicle_(std::move(vehicle)), office_(std::move(office)) {}

  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] const std::string& vehicle() const { return vehicle_; }
  [[nodiscard]] const std::string& office() const { return office_; }
  [[nodiscard]] const Face* face() const { return known_ ? &known_->face : nullptr; }

  // --- What happens to it ---
  void asked(const AskedRequest& request);
  [[nodiscard]] uint64_t last_touch() const { return last_touch_; }
  void may_forfeit(uint64_t order) { forfeit_ = last_touch_ = order; }
  void may_be_voided(uint64_t order) { voided_ = last_touch_ = order; }
  void may_be_issued(uint64_t order) { issued_ = last_touch_ = order; }
  void issue_said(uint64_t order) { issue_said_ = order; }
  void may_be_extended(uint64_t order, const std::string& deadline) {
    extensions_.insert(deadline);
    last_touch_ = order;
  }
  // What it shows of its owner's blacklisting or of its office may be another.
  void may_change_from_afar(uint64_t order) { from_afar_ = order; }
  // Days have gone by: what is done may have lapsed, what was forgotten may be over.
  void days_passed(uint64_t order) { days_passed_ = last_touch_ = order; }

  // --- Judging. Each returns what is wrong; empty: nothing. ---
  // A document that follows what is known.
  [[nodiscard]] std::string follow(const Face& next, const Origin& origin, int64_t slack,
                                   const OfficeBook& office);
  // The answer to a request, beside its document: `next` is null when it was refused with `code`.
  [[nodiscard]] std::string judge(const AskedRequest& request, const Face* next,
                                  const std::string& code, int64_t slack) const;
  // Whether the owner holds the plate for certain at this office time.
  [[nodiscard]] bool surely_holds(const std::string& plate, int64_t office_clock) const;
  // Adds what is left of each countdown that runs.
  void add_countdowns(int64_t office_clock, std::vector<int64_t>& left) const;
  // Whether it is reserved for the owner for certain: the plate, or one that is not this.
  [[nodiscard]] bool surely_reserved(const std::string& plate) const {
    return reservation_is_sure() && known_->face.reserved == plate;
  }
  [[nodiscard]] bool surely_reserved_another(const std::string& plate) const {
    return reservation_is_sure() && known_->face.reserved != plate;
  }
  // Nobody has asked for anything since what is known.
  [[nodiscard]] bool untouched() const { return known_ && last_touch_ <= known_->origin.order; }

 private:
  struct Known {
    Face face;
    Origin origin;
    std::optional<int64_t> batch_by;
    std::optional<int64_t> shortlist_by;
    std::optional<int64_t> verified_by;
    int64_t slack = 0;  // what crashes had given back until then
  };

  [[nodiscard]] bool reservation_is_sure() const {
    return known_ && known_->face.finished() && !since_known(voided_) && !since_known(days_passed_);
  }
  void adopt(const Face& next, const Origin& origin, int64_t slack);
  void begin_next(const Origin& origin);
  [[nodiscard]] bool since_known(uint64_t order) const { return order > known_->origin.order; }
  [[nodiscard]] bool forfeits() const { return since_known(forfeit_) || since_known(days_passed_); }
  [[nodiscard]] std::string countdowns_hold(const Face& next, const Origin& origin,
                                            int64_t slack) const;
  [[nodiscard]] std::string same_version(const Face& next, const Origin& origin,
                                         int64_t slack) const;
  [[nodiscard]] std::string after_done(const Face& next, const OfficeBook& office,
                                       bool& begins) const;
  [[nodiscard]] std::string after_unfinished(const Face& next, int64_t now, bool& begins) const;
  [[nodiscard]] std::string draws_add_up(const Face& next) const;
  [[nodiscard]] std::string confirmed(const Face& next, int64_t now) const;
  [[nodiscard]] std::string holds_stay(const Face& next, int64_t now) const;
  [[nodiscard]] std::string judge_time(const AskedRequest& request, const Face* next,
                                       const std::string& code, int64_t slack) const;
  [[nodiscard]] bool repeats(const AskedRequest& request) const;
  [[nodiscard]] std::string judge_repetition(const AskedRequest& request, const Face& next) const;
  [[nodiscard]] std::string judge_fresh(const AskedRequest& request, const Face& next) const;

  const std::string owner_;
  const std::string vehicle_;
  const std::string office_;
  std::optional<Known> known_;

  // What was asked of this application, with the order of the first and of the last time.
  struct Times {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  std::map<int64_t, Times> draws_;
  std::map<std::string, Times> shortlists_;
  std::map<std::string, Times> confirms_;
  std::set<std::string> extensions_;

  // The order of the last time; 0: never.
  uint64_t last_touch_ = 0;
  uint64_t forfeit_ = 0;
  uint64_t voided_ = 0;
  uint64_t issued_ = 0;
  uint64_t issue_said_ = 0;
  uint64_t days_passed_ = 0;
  uint64_t from_afar_ = 0;
};

}  // namespace plated
