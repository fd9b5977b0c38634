// Reads a history (history.h says of what lines) from a file or standard input, and judges it.
// Prints counts as one JSON object on standard output, and what could not have been so on standard
// error. Exit status 0: linearizable; 1: not; 2: the history cannot be read, or the search gave up.
// For tests only.
#include <cstdio>
#include <fstream>
#include <iostream>

#include "tests/linearizability/history.h"
#include "tests/linearizability/verdict.h"

namespace {

constexpr uint64_t kStepsMax = 5'000'000;

int judge_history(std::istream& lines) {
  namespace checker = plated::linearizability;
  std::string fault;
  const checker::History history = checker::read_history(lines, fault);
  if (!fault.empty()) {
    std::fprintf(stderr, "check_linearizability: %s\n", fault.c_str());
    return 2;
  }
  const checker::Verdict verdict = checker::judge(history, kStepsMax);
  std::printf(
      "{\"applications\": %zu, \"plates\": %zu, \"operations\": %zu, \"open\": %zu, "
      "\"outages\": %zu, \"steps\": %llu, \"violations\": %zu, \"given_up\": %zu}\n",
      verdict.applications, verdict.plates, verdict.operations, verdict.open,
      history.outages.size(), static_cast<unsigned long long>(verdict.steps),
      verdict.violations.size(), verdict.given_up.size());
  for (const std::string& violation : verdict.violations) {
    std::fprintf(stderr, "not linearizable: %s", violation.c_str());
  }
  for (const std::string& partition : verdict.given_up) {
    std::fprintf(stderr, "gave up after %llu steps: %s\n",
                 static_cast<unsigned long long>(kStepsMax), partition.c_str());
  }
  if (!verdict.violations.empty()) {
    return 1;
  }
  return verdict.given_up.empty() ? 0 : 2;
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 2) {
    std::fprintf(stderr, "usage: check_linearizability [HISTORY]\n");
    return 2;
  }
  if (count == 1) {
    return judge_history(std::cin);
  }
  std::ifstream file(arguments[1]);
  if (!file) {
    std::fprintf(stderr, "check_linearizability: cannot open %s\n", arguments[1]);
    return 2;
  }
  return judge_history(file);
}
