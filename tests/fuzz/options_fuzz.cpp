// Options: the input as the configuration file, and its first line as a value in the environment
// and as a flag. Every start is a set of options or an exit that says why; nothing is thrown.
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/check.h"
#include "tools/plated/options.h"

namespace plated {
namespace {

// A file of this process, removed at its end.
class ConfigurationFile {
 public:
  ConfigurationFile()
      : path_((std::filesystem::temp_directory_path() /
               ("plated-options-" + std::to_string(::getpid()) + ".toml"))
                  .string()) {}
  ~ConfigurationFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  void write(std::string_view text) const {
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

void judge(const std::variant<Options, Exit>& parsed) {
  if (const auto* exit = std::get_if<Exit>(&parsed)) {
    check(exit->status == 0 || exit->status == kExitUsage || exit->status == kExitConfiguration,
          "an exit of the protocol");
    check(!exit->out.empty() || !exit->err.empty(), "an exit says why");
    return;
  }
  const auto& options = std::get<Options>(parsed);
  check(options.threads >= 1 && options.shards >= 1, "options that can be started with");
  check((options.shards & (options.shards - 1)) == 0, "shards are a power of two");
}

void read_options(const std::string& text) {
  static const ConfigurationFile file;
  file.write(text);
  const std::array<const char*, 1> nothing = {nullptr};
  const std::array<const char*, 4> with_file = {"plated", "--config", file.path().c_str(), nullptr};
  judge(parse_options(3, with_file.data(), nothing.data()));
  const std::string line = text.substr(0, text.find_first_of(std::string("\n\0", 2)));
  const std::string named = "PLATED_" + line;
  const std::array<const char*, 2> environment = {named.c_str(), nullptr};
  const std::array<const char*, 3> flags = {"plated", line.c_str(), nullptr};
  judge(parse_options(1, flags.data(), environment.data()));
  judge(parse_options(2, flags.data(), nothing.data()));
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  plated::read_options(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
