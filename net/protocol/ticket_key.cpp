// The key files of tickets: reading them, and making a rehearsal's. Part of ticket.h; start-up
// only.
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/check.h"
#include "net/protocol/ticket.h"
#include "posix/descriptor.h"

namespace plated {
namespace {

// The DER of an Ed25519 SubjectPublicKeyInfo (RFC 8410) is these bytes and then the key.
constexpr std::array<uint8_t, 12> kEd25519Prefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                    0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::string_view kPemBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kPemEnd = "-----END PUBLIC KEY-----";
constexpr std::size_t kKeyFileMax = 4096;
constexpr std::size_t kPublicKeySize = crypto_sign_ed25519_PUBLICKEYBYTES;

std::string failed(const char* what, const std::string& path, int error) {
  return std::string(what) + " " + path + ": " + std::generic_category().message(error);
}

std::optional<TicketKey> public_key_of_base64(std::string_view text, const char* ignore,
                                              int variant) {
  // Room for a SubjectPublicKeyInfo, so that one function serves both forms.
  std::array<uint8_t, kEd25519Prefix.size() + kPublicKeySize> bytes{};
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), ignore, &size,
                        nullptr, variant) != 0) {
    return std::nullopt;
  }
  const uint8_t* from = bytes.data();
  if (variant == sodium_base64_VARIANT_ORIGINAL) {
    if (!std::equal(kEd25519Prefix.begin(), kEd25519Prefix.end(), bytes.begin())) {
      return std::nullopt;
    }
    if (size != bytes.size()) {
      return std::nullopt;
    }
    from += kEd25519Prefix.size();
  } else if (size != kPublicKeySize) {
    return std::nullopt;
  }
  TicketKey key{};
  std::memcpy(key.data(), from, kPublicKeySize);
  return key;
}

// HMAC's own rule for a key that is longer than a block of its hash.
std::optional<TicketKey> key_of_secret(std::string_view text) {
  std::array<uint8_t, kKeyFileMax> bytes{};
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                        nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      size < kTicketSecretMin) {
    return std::nullopt;
  }
  TicketKey key{};
  if (size > key.size()) {
    crypto_hash_sha256(key.data(), bytes.data(), size);
  } else {
    std::memcpy(key.data(), bytes.data(), size);
  }
  sodium_memzero(bytes.data(), bytes.size());
  return key;
}

std::optional<TicketKey> key_of_pem(std::string_view text) {
  const std::size_t begin = text.find(kPemBegin);
  const std::size_t end = text.find(kPemEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return std::nullopt;
  }
  const std::size_t from = begin + kPemBegin.size();
  return public_key_of_base64(text.substr(from, end - from), "\r\n ",
                              sodium_base64_VARIANT_ORIGINAL);
}

std::optional<TicketKey> key_of_text(std::string_view text, TicketAlgorithm algorithm) {
  if (algorithm == TicketAlgorithm::eddsa && text.starts_with("-----BEGIN")) {
    return key_of_pem(text);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return algorithm == TicketAlgorithm::hs256
             ? key_of_secret(text)
             : public_key_of_base64(text, nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

// What is wrong with who may read or write the file, and what to type; nothing if all is well. Who
// reads the secret signs tickets for anybody; who writes a public key as well.
std::optional<std::string> open_to_others(const Descriptor& fd, const std::string& path,
                                          TicketAlgorithm algorithm) {
  struct stat facts {};
  if (::fstat(fd.number(), &facts) != 0) {
    return failed("cannot look at the ticket key", path, errno);
  }
  const bool secret = algorithm == TicketAlgorithm::hs256;
  const auto too_much = static_cast<mode_t>(S_IWGRP | S_IWOTH | (secret ? S_IROTH : mode_t{0}));
  if (!S_ISREG(facts.st_mode) || (facts.st_mode & too_much) == 0) {
    return std::nullopt;
  }
  return "the ticket key " + path + " may be " + (secret ? "read or " : "") +
         "changed by others, who could then sign tickets: chmod " + (secret ? "o-r,go-w" : "go-w") +
         " '" + path + "'";
}

TicketKeyOutcome read_key(const Descriptor& fd, const std::string& path,
                          TicketAlgorithm algorithm) {
  std::array<char, kKeyFileMax> text{};
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = retry_interrupted(
        [&] { return ::read(fd.number(), text.data() + size, text.size() - size); });
    if (got < 0) {
      return failed("cannot read the ticket key", path, errno);
    }
    if (got == 0) {
      break;
    }
    size += static_cast<std::size_t>(got);
  }
  const auto key = size < text.size() ? key_of_text(std::string_view(text.data(), size), algorithm)
                                      : std::nullopt;
  sodium_memzero(text.data(), text.size());
  if (key) {
    return *key;
  }
  return "the ticket key " + path + " is not " +
         (algorithm == TicketAlgorithm::hs256
              ? "one line of base64url (43 characters or more, unpadded) of 32 bytes or more"
              : "an Ed25519 public key: base64url of 32 bytes, or a PEM PUBLIC KEY");
}

bool sync_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : (slash == 0 ? "/" : path.substr(0, slash));
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.is_open() && ::fsync(fd.number()) == 0;
}

// Writes a fresh key aside and gives it its name by a hard link, which never replaces a file. 0, or
// the errno; EEXIST when somebody was faster.
int make_key_file(const std::string& path) {
  std::array<uint8_t, kTicketSecretMin> key{};
  randombytes_buf(key.data(), key.size());
  std::array<char, sodium_base64_ENCODED_LEN(sizeof key, sodium_base64_VARIANT_URLSAFE_NO_PADDING)>
      line{};
  sodium_bin2base64(line.data(), line.size(), key.data(), key.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  line.back() = '\n';
  const std::string aside = path + "." + std::to_string(::getpid());
  const Descriptor fd(
      ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd.is_open()) {
    return errno;
  }
  int error = 0;
  if (!write_all(fd, std::string_view(line.data(), line.size())) || ::fsync(fd.number()) != 0 ||
      ::link(aside.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  ::unlink(aside.c_str());
  if (error == 0 && !sync_directory_of(path)) {
    error = errno;
  }
  sodium_memzero(key.data(), key.size());
  sodium_memzero(line.data(), line.size());
  return error;
}

}  // namespace

TicketKeyOutcome load_ticket_key(const std::string& path, TicketAlgorithm algorithm) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) {
    return failed("cannot open the ticket key", path, errno);
  }
  if (auto wrong = open_to_others(fd, path, algorithm)) {
    return *std::move(wrong);
  }
  return read_key(fd, path, algorithm);
}

TicketKeyOutcome load_or_make_ticket_key(const std::string& path) {
  check(sodium_init() >= 0, "libsodium starts");
  if (::access(path.c_str(), F_OK) != 0) {
    const int error = make_key_file(path);
    if (error == EEXIST && ::access(path.c_str(), F_OK) != 0) {
      return "cannot make the ticket key " + path +
             ": a symbolic link that leads nowhere stands in its place: rm '" + path + "'";
    }
    if (error != 0 && error != EEXIST) {
      return failed("cannot make the ticket key", path, error);
    }
  }
  return load_ticket_key(path, TicketAlgorithm::hs256);
}

}  // namespace plated
