#include "tools/platectl/import.h"

#include <boost/json/parse.hpp>
#include <string>

namespace plated {
namespace {

namespace json = boost::json;

uint64_t count_of(const json::object& answer, std::string_view key) {
  const json::value* value = answer.if_contains(key);
  return value != nullptr && value->is_int64() ? static_cast<uint64_t>(value->get_int64()) : 0;
}

// Adds the answer to a piece whose first line is line `before` + 1 of the file; false when it is no
// answer to an import.
bool add_answer(ImportOutcome& outcome, int64_t before) {
  json::error_code failed;
  json::value answer = json::parse(outcome.reply.body, failed);
  if (failed || !answer.is_object()) {
    return false;
  }
  outcome.accepted += count_of(answer.get_object(), "accepted");
  outcome.unchanged += count_of(answer.get_object(), "unchanged");
  const json::value* refused = answer.get_object().if_contains("refused");
  if (refused == nullptr || !refused->is_array()) {
    return true;
  }
  for (json::value row : refused->get_array()) {
    if (json::object* object = row.if_object()) {
      json::value* line = object->if_contains("line");
      if (line != nullptr && line->is_int64()) {
        *line = line->get_int64() + before;
      }
    }
    outcome.refused.push_back(std::move(row));
  }
  return true;
}

}  // namespace

json::object ImportOutcome::as_json() const {
  return {{"accepted", accepted}, {"unchanged", unchanged}, {"refused", refused}};
}

ImportOutcome import_lines(const NextLine& next, const std::string& target, const Ask& ask) {
  ImportOutcome outcome;
  AdminRequest request{"POST", target, "", "application/x-ndjson"};
  int64_t before = 0;
  int64_t lines = 0;
  const auto post = [&] {
    outcome.reply = ask(request);
    if (outcome.reply.succeeded() && !add_answer(outcome, before)) {
      outcome.reply.unreachable = "the answer is no answer to an import";
    }
    before += lines;
    lines = 0;
    request.body.clear();
    return outcome.reply.succeeded();
  };
  std::string line;
  while (next(line)) {
    request.body += line;
    request.body += '\n';
    ++lines;
    const bool full =
        lines == static_cast<int64_t>(kImportLinesMax) || request.body.size() >= kImportBytesMax;
    if (full && !post()) {
      return outcome;
    }
  }
  if (lines > 0 || before == 0) {
    post();
  }
  return outcome;
}

}  // namespace plated
