#include "net/operators/registration_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include "net/operators/spelling.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

using Fields = std::vector<std::string>;

struct Word {
  std::string_view theirs;
  std::string_view ours;
};
constexpr std::array<Word, 13> kColumns = {{{"plate", "plate"},
                                            {"号牌号码", "plate"},
                                            {"号牌", "plate"},
                                            {"车牌号", "plate"},
                                            {"车牌号码", "plate"},
                                            {"预选号牌", "plate"},
                                            {"vehicle", "vehicle"},
                                            {"vin", "vehicle"},
                                            {"车辆识别代号", "vehicle"},
                                            {"车架号", "vehicle"},
                                            {"state", "state"},
                                            {"状态", "state"},
                                            {"号牌状态", "state"}}};
constexpr std::array<Word, 7> kStates = {{{"free", "free"},
                                          {"held", "held"},
                                          {"reserved", "reserved"},
                                          {"issued", "issued"},
                                          {"withheld", "withheld"},
                                          {"已预选", "reserved"},
                                          {"已办理", "issued"}}};

template <std::size_t kSize>
std::string_view ours_of(const std::array<Word, kSize>& words, std::string_view theirs) {
  for (const Word& word : words) {
    if (word.theirs == theirs) {
      return word.ours;
    }
  }
  return {};
}

// The columns of one line; nothing when a quotation mark is not closed.
std::optional<Fields> split_line(std::string_view line, char separator) {
  Fields fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  for (std::string& field : fields) {
    field = trimmed(field);
  }
  return quoted ? std::nullopt : std::optional(std::move(fields));
}

char separator_of(std::string_view header) {
  for (const char separator : {',', ';'}) {
    if (header.find(separator) != std::string_view::npos) {
      return separator;
    }
  }
  return '\t';
}

// Reads line after line; the first fault ends it.
class Reading {
 public:
  void take(std::size_t number, std::string_view line) {
    line_ = number;
    if (columns_ == 0) {
      separator_ = separator_of(line);
    }
    const auto fields = split_line(line, separator_);
    if (!fields) {
      fail("a quotation mark is not closed");
    } else if (columns_ == 0) {
      take_header(*fields);
    } else if (fields->size() != columns_) {
      fail("has " + std::to_string(fields->size()) + " of " + std::to_string(columns_) +
           " columns; was the file cut?");
    } else {
      take_row(*fields);
    }
  }

  [[nodiscard]] bool failed() const { return list_.fault.has_value(); }
  RegistrationList list() {
    if (columns_ == 0 && !list_.fault) {
      line_ = 1;
      fail("the list is empty; its first line names the columns");
    }
    return std::move(list_);
  }

 private:
  void fail(std::string what) {
    list_.fault = FormFault{"line " + std::to_string(line_), std::move(what)};
  }

  void take_header(const Fields& fields) {
    columns_ = fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string_view name = ours_of(kColumns, lower_case(fields[i]));
      std::optional<std::size_t>& place = name == "plate"     ? plate_
                                          : name == "vehicle" ? vehicle_
                                                              : state_;
      if (!name.empty() && place) {
        fail("names the column " + std::string(name) + " twice");
        return;
      }
      if (!name.empty()) {
        place = i;
      }
    }
    if (!plate_ || !vehicle_ || !state_) {
      fail("must name the columns plate, vehicle and state (or 号牌号码, 车辆识别代号, 状态)");
    }
  }

  void take_row(const Fields& fields) {
    const ParsedPlate parsed = parse_plate(fields[*plate_]);
    const std::string_view state = ours_of(kStates, fields[*state_]);
    if (!parsed.plate) {
      fail(sentence_of(parsed.error));
    } else if (state.empty()) {
      fail("a state is free, held, reserved (已预选), issued (已办理) or withheld");
    } else {
      list_.rows.push_back(
          {line_, *parsed.plate, vehicle_name(fields[*vehicle_]), std::string(state)});
    }
  }

  RegistrationList list_;
  std::size_t line_ = 0;
  char separator_ = ',';
  std::size_t columns_ = 0;
  std::optional<std::size_t> plate_;
  std::optional<std::size_t> vehicle_;
  std::optional<std::size_t> state_;
};

}  // namespace

RegistrationList read_registration_list(std::string_view text) {
  text = without_byte_order_mark(text);
  Reading reading;
  for (std::size_t number = 1; !text.empty() && !reading.failed(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end), " \r");
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty()) {
      reading.take(number, line);
    }
  }
  return reading.list();
}

}  // namespace plated
