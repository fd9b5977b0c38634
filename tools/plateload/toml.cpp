#include "tools/plateload/toml.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/shell/nearest.h"

namespace plated::load {

const toml::node* TomlTable::find(std::string_view key) {
  known_.emplace_back(key);
  return table_ == nullptr || !wrong_.empty() ? nullptr : table_->get(key);
}

std::string TomlTable::place_of(std::string_view key) const {
  return name_.empty() ? std::string(key) : name_ + "." + std::string(key);
}

void TomlTable::mistake(std::string_view key, const std::string& what) {
  mistake_at(table_ == nullptr ? nullptr : table_->get(key), key, what);
}

void TomlTable::mistake_at(const toml::node* node, std::string_view key, const std::string& what) {
  if (!wrong_.empty()) {
    return;
  }
  const uint32_t line = node == nullptr ? 0 : node->source().begin.line;
  wrong_ = (line > 0 ? fmt::format("line {}: ", line) : "") + place_of(key) + ": " + what;
}

bool TomlTable::has(std::string_view key) { return find(key) != nullptr; }

void TomlTable::take(std::string_view key, double& value, double least, double most) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return;
  }
  const auto number = node->value<double>();
  if (!node->is_number() || !number || !(*number >= least) || !(*number <= most)) {
    mistake(key, fmt::format("a number from {} to {}", least, most));
    return;
  }
  value = *number;
}

bool TomlTable::take_integer(std::string_view key, int64_t& value, Limits limits) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return false;
  }
  const auto number = node->value_exact<int64_t>();
  if (!number || *number < limits.least || *number > limits.most) {
    mistake(key, fmt::format("a whole number from {} to {}", limits.least, limits.most));
    return false;
  }
  value = *number;
  return true;
}

void TomlTable::take(std::string_view key, bool& value) {
  if (const toml::node* node = find(key)) {
    const auto flag = node->value_exact<bool>();
    if (!flag) {
      mistake(key, "true or false");
    }
    value = flag.value_or(value);
  }
}

void TomlTable::take(std::string_view key, std::string& value) {
  if (const toml::node* node = find(key)) {
    const auto text = node->value_exact<std::string>();
    if (!text) {
      mistake(key, "a text");
    }
    value = text.value_or(value);
  }
}

void TomlTable::take_time(std::string_view key, int64_t& ms, Limits limits) {
  if (!has(key)) {
    return;
  }
  std::string text;
  take(key, text);
  const auto time = parse_time_ms(text);
  if (!time || *time < static_cast<double>(limits.least) ||
      *time > static_cast<double>(limits.most)) {
    mistake(key, time_from_to(limits));
    return;
  }
  ms = static_cast<int64_t>(*time);
}

void TomlTable::take(std::string_view key, std::vector<std::string>& values,
                     const std::function<std::string(const std::string&)>& check) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return;
  }
  const toml::array* array = node->as_array();
  const auto is_text = [](const toml::node& item) { return item.is_string(); };
  if (array == nullptr || !std::all_of(array->begin(), array->end(), is_text)) {
    mistake(key, "a list of texts");
    return;
  }
  values.clear();
  for (const toml::node& item : *array) {
    values.push_back(item.value_or(std::string()));
    if (const std::string wrong = check(values.back()); !wrong.empty()) {
      mistake_at(&item, key, wrong);
    }
  }
}

// "2s", or { from, to }, or { mean }, or { median, p95 }.
void TomlTable::take(std::string_view key, Think& think) {
  const toml::node* node = find(key);
  if (node == nullptr) {
    return;
  }
  int64_t a_ms = 0;
  int64_t b_ms = 0;
  if (node->is_string()) {
    take_time(key, a_ms, kThinkMs);
    think = {Think::Kind::fixed, static_cast<double>(a_ms), 0};
    return;
  }
  TomlTable fields = table(key);
  Think::Kind kind = Think::Kind::fixed;
  if (fields.has("median")) {
    kind = Think::Kind::lognormal;
    fields.take_time("median", a_ms, kThinkMs);
    fields.take_time("p95", b_ms, kThinkMs);
  } else if (fields.has("mean")) {
    kind = Think::Kind::exponential;
    fields.take_time("mean", a_ms, kThinkMs);
  } else {
    kind = Think::Kind::uniform;
    fields.take_time("from", a_ms, kThinkMs);
    fields.take_time("to", b_ms, kThinkMs);
  }
  fields.finish();
  const bool ordered = kind == Think::Kind::exponential || (b_ms >= a_ms && b_ms > 0);
  const bool positive = kind == Think::Kind::uniform || a_ms > 0;
  if (!ordered || !positive) {
    mistake(key, "a time, or { from, to }, { mean } or { median, p95 }, the first not the longer");
  }
  think = {kind, static_cast<double>(a_ms), static_cast<double>(b_ms)};
}

TomlTable TomlTable::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node != nullptr && !node->is_table()) {
    mistake(key, "a table");
  }
  return {node == nullptr ? nullptr : node->as_table(), place_of(key), wrong_};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> all;
  const toml::node* node = find(key);
  if (node == nullptr) {
    return all;
  }
  const toml::array* array = node->as_array();
  const auto is_table = [](const toml::node& item) { return item.is_table(); };
  if (array == nullptr || array->empty() || !std::all_of(array->begin(), array->end(), is_table)) {
    mistake(key, "a list of tables");
    return all;
  }
  for (const toml::node& item : *array) {
    all.emplace_back(item.as_table(), fmt::format("{}[{}]", place_of(key), all.size()), wrong_);
  }
  return all;
}

void TomlTable::finish() {
  if (table_ == nullptr) {
    return;
  }
  for (const auto& [key, node] : *table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
      mistake(key.str(), "unknown key; did you mean " + nearest(key.str(), known_) + "?");
    }
  }
}

}  // namespace plated::load
