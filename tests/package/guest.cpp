// Uses the installed engine as a stranger would: prints a plate it parsed. Exits 0 when it could.
#include <cstdio>

#include "engine/plate.h"

int main() {
  const plated::ParsedPlate parsed = plated::parse_plate("粤B·D12345");
  if (!parsed.plate) {
    return 1;
  }
  const plated::PlateText text = plated::text_of(*parsed.plate);
  std::printf("%.*s\n", static_cast<int>(text.view().size()), text.view().data());
  return text.view() == "粤BD12345" ? 0 : 1;
}
