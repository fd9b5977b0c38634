// One table of a scenario: takes values by key, checks them, and knows afterwards which keys nobody
// asked for. The first mistake is kept as a sentence with its line; after it nothing is taken.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/plateload/owners/limits.h"
#include "tools/plateload/owners/think.h"

namespace plated::load {

class TomlTable {
 public:
  // `name` is empty for the file itself. Mistakes go to `wrong`, which all tables of a file share.
  TomlTable(const toml::table* table, std::string name, std::string& wrong)
      : table_(table), name_(std::move(name)), wrong_(wrong) {}

  // Each leaves `value` alone when the key is not there.
  void take(std::string_view key, double& value, double least, double most);
  void take_share(std::string_view key, double& value) { take(key, value, 0, 1); }
  template <typename Integer>
  void take_count(std::string_view key, Integer& value, Limits limits) {
    int64_t number = 0;
    if (take_integer(key, number, limits)) {
      value = static_cast<Integer>(number);
    }
  }
  void take(std::string_view key, bool& value);
  void take(std::string_view key, std::string& value);
  void take_time(std::string_view key, int64_t& ms, Limits limits = kTimesMs);
  void take(std::string_view key, Think& think);
  // Texts of which `check` says what is wrong with each; empty: nothing.
  void take(std::string_view key, std::vector<std::string>& values,
            const std::function<std::string(const std::string&)>& check);

  [[nodiscard]] bool has(std::string_view key);
  // A table under `key`; without one, an empty table.
  [[nodiscard]] TomlTable table(std::string_view key);
  // The tables of the array under `key`.
  [[nodiscard]] std::vector<TomlTable> tables(std::string_view key);

  // Whether every key was asked for; otherwise the first that was not is a mistake.
  void finish();
  void mistake(std::string_view key, const std::string& what);

 private:
  void mistake_at(const toml::node* node, std::string_view key, const std::string& what);
  // The value of `key`, noted as known; nullptr when it is not there or there was a mistake before.
  const toml::node* find(std::string_view key);
  bool take_integer(std::string_view key, int64_t& value, Limits limits);
  [[nodiscard]] std::string place_of(std::string_view key) const;

  const toml::table* table_;
  std::string name_;
  std::string& wrong_;
  std::vector<std::string> known_;
};

}  // namespace plated::load
