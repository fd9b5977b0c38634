// What a server shows and believes, from the files that its options name: certificate and private
// key, the key of tickets, whom the gateway of SMS must be certified by. All of it is read before
// anything is changed: at the start, for --check-config, and when SIGHUP asks for it again. So a
// file that cannot be used is told with its name, and the rest stays as it was.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/guarded.h"
#include "net/protocol/ticket.h"
#include "tools/plated/options.h"

namespace plated {

struct FreeTls {
  void operator()(SSL_CTX* tls) const;
};
// A certificate with its chain and its private key; null: there is none, and no TLS.
using TlsIdentity = std::shared_ptr<SSL_CTX>;

struct Credentials {
  TlsIdentity identity;
  TicketKey ticket_key{};
  std::string sms_secret;
};

// A rehearsal makes the key of its tickets when there is none, but not for a mere check, and not
// while it runs: a key that was deleted would be another one, and every ticket void.
enum class MissingKey : uint8_t { is_made, may_be_made, is_a_fault };

// Or a sentence that says which file cannot be used, and why. Asks no terminal for anything.
[[nodiscard]] std::variant<Credentials, std::string> read_credentials(const Options& options,
                                                                      MissingKey missing);

// The name and the value of a header that stands as `Name: value`; nothing if it is not of that
// form.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> split_header(
    std::string_view header);

// From now on `tls` agrees to nothing that could be read later by whoever gets the private key, or
// that was broken before: TLS 1.3 as it is, and of TLS 1.2 what has forward secrecy and AEAD. No
// renegotiation, which costs a server more than its peer.
void allow_strong_tls_only(SSL_CTX* tls);

// The identity that handshakes show; another one from the next handshake on after `show`.
// Thread-safe.
class ShownIdentity {
 public:
  // Has every handshake of `tls` ask this, which must outlive it.
  void serve(SSL_CTX* tls);
  void show(TlsIdentity identity);
  // When the certificate runs out; nothing: there is none.
  [[nodiscard]] std::optional<CivilTime> ends();

 private:
  static int choose(SSL* handshake, void* shown);

  Guarded<TlsIdentity> identity_;
};

}  // namespace plated
