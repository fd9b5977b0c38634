#!/usr/bin/env bash
# CLI11 2.1.2 (Debian bookworm, libcli11-dev 2.1.2+ds-1), numbers bound with add_option:
#   - an empty argument is 0, for every kind of number;
#   - a number too large for uint64_t becomes its greatest value, and -1 does too, without an error;
#     for int and for uint8_t the same words are refused;
#   - 010 is 8, 0x10 is 16 and 08 is refused; for double 010 is 10 and 08 is 8.
# Common guess: what is no decimal number of the type is refused ("Could not convert").
# Whom it hurts: who types `--limit "$UNSET"` in a script sets the limit to 0, and who types one digit
# too many switches it off. plated reads all numbers of its programs with a strict reader of its own.
# Seen 2026-11-28. Needs g++, apt-get and dpkg-deb.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
apt-get -qq update
apt-get -qq download libcli11-dev=2.1.2+ds-1 2>/dev/null
dpkg-deb -x libcli11-dev_*.deb root
cat >words.cpp <<'CPP'
#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>

template <class Number>
void read(const char* kind, const std::string& word) {
  CLI::App app;
  Number number = 7;
  app.add_option("--n", number);
  std::cout << kind << " '" << word << "' ";
  try {
    app.parse(std::vector<std::string>{word, "--n"});  // the last argument first
    std::cout << +number << "\n";
  } catch (const CLI::ParseError&) {
    std::cout << "refused\n";
  }
}

int main() {
  for (const char* word : {"", "18446744073709551616", "-1", "010", "0x10", "08"}) {
    read<int>("int", word);
    read<uint8_t>("uint8_t", word);
    read<uint64_t>("uint64_t", word);
    read<double>("double", word);
  }
}
CPP
g++ -std=c++17 -Iroot/usr/include words.cpp -o words
./words | tee seen
diff - seen <<'SEEN'
int '' 0
uint8_t '' 0
uint64_t '' 0
double '' 0
int '18446744073709551616' refused
uint8_t '18446744073709551616' refused
uint64_t '18446744073709551616' 18446744073709551615
double '18446744073709551616' 1.84467e+19
int '-1' -1
uint8_t '-1' refused
uint64_t '-1' 18446744073709551615
double '-1' -1
int '010' 8
uint8_t '010' 8
uint64_t '010' 8
double '010' 10
int '0x10' 16
uint8_t '0x10' 16
uint64_t '0x10' 16
double '0x10' 16
int '08' refused
uint8_t '08' refused
uint64_t '08' refused
double '08' 8
SEEN
echo "as described"
