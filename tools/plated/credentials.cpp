#include "tools/plated/credentials.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

#include "engine/check.h"
#include "posix/descriptor.h"

namespace plated {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// What the system said, where it was that, or else what OpenSSL said last.
std::string tls_reason() {
  std::string text = "it cannot be read";
  for (auto error = ERR_get_error(); error != 0; error = ERR_get_error()) {
    if (ERR_SYSTEM_ERROR(error)) {
      text = std::generic_category().message(ERR_GET_REASON(error));
      break;
    }
    if (const char* const reason = ERR_reason_error_string(error)) {
      text = reason;
    }
  }
  ERR_clear_error();
  return text;
}

// What the system says of a file that cannot be read; of a directory, too, of which OpenSSL only
// knows that it is no certificate.
std::string why_unreadable(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char first = 0;
  const bool reads =
      file.is_open() && retry_interrupted([&] { return ::read(file.number(), &first, 1); }) >= 0;
  return reads ? std::string() : std::generic_category().message(errno);
}

// Never asks anybody: a server that starts by itself has nobody at its terminal.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string use_private_key(SSL_CTX* tls, const Options& options) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(options.tls_key.c_str(), "re"));
  if (file == nullptr) {
    return "tls.key " + options.tls_key + ": " + std::generic_category().message(errno);
  }
  bool asked = false;
  const std::unique_ptr<EVP_PKEY, FreeKey> key(
      PEM_read_PrivateKey(file.get(), nullptr, no_passphrase, &asked));
  if (asked) {
    ERR_clear_error();
    return "tls.key " + options.tls_key +
           ": it is encrypted, and nobody is asked for a passphrase; store it without one, "
           "readable "
           "by its owner only";
  }
  if (key == nullptr) {
    return "tls.key " + options.tls_key + ": " + tls_reason();
  }
  // Beside a certificate of another kind OpenSSL would take it, and fail every handshake.
  if (X509_check_private_key(SSL_CTX_get0_certificate(tls), key.get()) != 1 ||
      SSL_CTX_use_PrivateKey(tls, key.get()) != 1) {
    ERR_clear_error();
    return "tls.key " + options.tls_key + " is not the key of the certificate in " +
           options.tls_certificate;
  }
  return {};
}

std::string read_identity(const Options& options, TlsIdentity& identity) {
  if (options.tls_certificate.empty()) {
    return {};
  }
  for (const auto& [key, path] : {std::pair("tls.certificate ", &options.tls_certificate),
                                  std::pair("tls.key ", &options.tls_key)}) {
    if (const std::string why = why_unreadable(*path); !why.empty()) {
      return key + *path + ": " + why;
    }
  }
  identity = TlsIdentity(SSL_CTX_new(TLS_server_method()), FreeTls());
  check(identity != nullptr, "there is memory for a certificate");
  if (SSL_CTX_use_certificate_chain_file(identity.get(), options.tls_certificate.c_str()) != 1) {
    return "tls.certificate " + options.tls_certificate + ": " + tls_reason();
  }
  return use_private_key(identity.get(), options);
}

std::string check_authority(const Options& options) {
  if (options.sms_gateway != SmsGatewayKind::webhook || options.sms_certificate_authority.empty()) {
    return {};
  }
  if (const std::string why = why_unreadable(options.sms_certificate_authority); !why.empty()) {
    return "sms.certificate_authority " + options.sms_certificate_authority + ": " + why;
  }
  const std::unique_ptr<SSL_CTX, FreeTls> tls(SSL_CTX_new(TLS_client_method()));
  check(tls != nullptr, "there is memory for a certificate");
  const char* const file = options.sms_certificate_authority.c_str();
  return SSL_CTX_load_verify_file(tls.get(), file) == 1
             ? std::string()
             : "sms.certificate_authority " + options.sms_certificate_authority + ": " +
                   tls_reason();
}

std::string read_sms_secret(const Options& options, std::string& secret) {
  if (options.sms_gateway != SmsGatewayKind::webhook || options.sms_secret.empty()) {
    return {};
  }
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(options.sms_secret.c_str(), "re"));
  std::array<char, 4096> text{};
  const std::size_t size =
      file == nullptr ? 0 : std::fread(text.data(), 1, text.size(), file.get());
  if (file == nullptr || std::ferror(file.get()) != 0) {
    return "sms.secret " + options.sms_secret + ": " + std::generic_category().message(errno);
  }
  secret.assign(text.data(), size);
  secret.erase(secret.find_last_not_of("\r\n") + 1);
  return secret.empty() ? "sms.secret " + options.sms_secret + " is empty" : std::string();
}

// The file that SMS are appended to holds phones and codes; it may not be there yet.
std::string check_sms_file(const Options& options) {
  struct stat facts {};
  if (options.sms_gateway != SmsGatewayKind::file || options.rehearsal || options.demo ||
      ::lstat(options.sms_file.c_str(), &facts) != 0) {
    return {};
  }
  const std::string& file = options.sms_file;
  if (S_ISLNK(facts.st_mode)) {
    return "sms.file " + file + " is a symbolic link, and plated follows none here: rm '" + file +
           "', or name the file itself";
  }
  if (S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return "sms.file " + file + " holds phones and codes, and others may open it: chmod o=,g-w '" +
           file + "'";
  }
  return {};
}

TicketKeyOutcome read_ticket_key(const Options& options, MissingKey missing) {
  if (!options.rehearsal || missing == MissingKey::is_a_fault) {
    return load_ticket_key(options.ticket_key, options.ticket_algorithm);
  }
  if (missing == MissingKey::may_be_made && ::access(options.ticket_key.c_str(), F_OK) != 0) {
    return TicketKey{};
  }
  return load_or_make_ticket_key(options.ticket_key);
}

}  // namespace

void FreeTls::operator()(SSL_CTX* tls) const { SSL_CTX_free(tls); }

std::variant<Credentials, std::string> read_credentials(const Options& options,
                                                        MissingKey missing) {
  Credentials read;
  if (std::string why = read_identity(options, read.identity); !why.empty()) {
    return why;
  }
  if (std::string why = check_authority(options); !why.empty()) {
    return why;
  }
  if (std::string why = read_sms_secret(options, read.sms_secret); !why.empty()) {
    return why;
  }
  if (std::string why = check_sms_file(options); !why.empty()) {
    return why;
  }
  TicketKeyOutcome key = read_ticket_key(options, missing);
  if (auto* const why = std::get_if<std::string>(&key)) {
    return std::move(*why);
  }
  read.ticket_key = std::get<TicketKey>(key);
  return read;
}

std::optional<std::pair<std::string, std::string>> split_header(std::string_view header) {
  constexpr std::string_view kToken =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::size_t colon = header.find(':');
  const std::string_view name = header.substr(0, colon);
  if (colon == std::string_view::npos || name.empty() ||
      name.find_first_not_of(kToken) != std::string_view::npos ||
      std::any_of(header.begin(), header.end(), [](char c) { return c == '\r' || c == '\n'; })) {
    return std::nullopt;
  }
  const std::size_t value = header.find_first_not_of(" \t", colon + 1);
  return std::pair(std::string(name), std::string(header.substr(std::min(value, header.size()))));
}

void allow_strong_tls_only(SSL_CTX* tls) {
  constexpr const char* kForwardSecretAead =
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
  check(SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1, "OpenSSL knows TLS 1.2");
  check(SSL_CTX_set_cipher_list(tls, kForwardSecretAead) == 1, "OpenSSL knows these ciphers");
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}

void ShownIdentity::serve(SSL_CTX* tls) { SSL_CTX_set_cert_cb(tls, choose, this); }

void ShownIdentity::show(TlsIdentity identity) { *Hold(identity_) = std::move(identity); }

std::optional<CivilTime> ShownIdentity::ends() {
  const Hold identity(identity_);
  const X509* const certificate =
      *identity == nullptr ? nullptr : SSL_CTX_get0_certificate(identity->get());
  std::tm parts{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) {
    return std::nullopt;
  }
  return CivilTime(std::chrono::seconds(::timegm(&parts)));
}

int ShownIdentity::choose(SSL* handshake, void* shown) {
  auto& self = *static_cast<ShownIdentity*>(shown);
  const TlsIdentity identity = *Hold(self.identity_);
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(identity.get(), &chain);
  constexpr int kReplace = 1;
  return SSL_use_cert_and_key(handshake, SSL_CTX_get0_certificate(identity.get()),
                              SSL_CTX_get0_privatekey(identity.get()), chain, kReplace);
}

}  // namespace plated
