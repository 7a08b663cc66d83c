#include "engine/tls/context.hpp"

#include "engine/net/config_error.hpp"
#include "engine/tls/openssl_ptr.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <stdexcept>

namespace dispatch::tls {
namespace {

using net::ConfigError;

BioPtr reader_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Instead of OpenSSL's question on the terminal. `asked` notes that a key is encrypted.
int no_password(char*, int, int, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

CertificatePtr next_certificate(BIO* reader) {
  return CertificatePtr(PEM_read_bio_X509(reader, nullptr, no_password, nullptr));
}

// Whether what follows the last certificate is no damaged certificate but the end, or another kind
// of text.
bool came_to_the_end() {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

void use_certificates(SSL_CTX* context, const Pem& pem) {
  const auto reader = reader_of(pem.text);
  const auto own = next_certificate(reader.get());
  if (!own) {
    const bool none = came_to_the_end();
    throw ConfigError(fmt::format("{}: {} (a text that begins with -----BEGIN CERTIFICATE-----)",
                                  pem.source,
                                  none ? "no certificate in it" : "the certificate is damaged"));
  }
  if (SSL_CTX_use_certificate(context, own.get()) != 1) {
    const auto* reason = ERR_reason_error_string(ERR_get_error());
    throw ConfigError(fmt::format("{}: the certificate cannot be used: {}", pem.source,
                                  reason == nullptr ? "OpenSSL does not say why" : reason));
  }
  for (;;) {
    auto next = next_certificate(reader.get());
    if (!next) break;
    SSL_CTX_add0_chain_cert(context, next.release());
  }
  if (!came_to_the_end()) throw ConfigError(pem.source + ": a certificate of the chain is damaged");
}

void use_key(SSL_CTX* context, const Pem& pem, const Pem& certificate) {
  const auto reader = reader_of(pem.text);
  bool asked = false;
  const KeyPtr key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, &asked));
  ERR_clear_error();
  if (!key && asked) {
    throw ConfigError(fmt::format(
        "{0}: the key is encrypted: write it without a password by 'openssl pkey -in {0} -out "
        "FILE', and keep that file to yourself",
        pem.source));
  }
  if (!key) throw ConfigError(pem.source + ": no private key in it that OpenSSL can read");
  const bool fits =
      SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
  ERR_clear_error();
  if (!fits) {
    throw ConfigError(
        fmt::format("{}: not the key of the certificate in {}", pem.source, certificate.source));
  }
}

// In the form of TLS: each with its length before it.
constexpr unsigned char kProtocols[] = "\x08http/1.1";

// RFC 7301. A client that offers others only, such as h2, is served without an agreement: it may
// speak SOCKS in here.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  auto** out = const_cast<unsigned char**>(chosen);
  const auto result = SSL_select_next_proto(out, chosen_size, kProtocols, sizeof kProtocols - 1,
                                            offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

void Context::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Context::Context() : context_(SSL_CTX_new(TLS_method())) {
  if (!context_) throw std::runtime_error("OpenSSL makes no context");
  auto* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Buffers of records (33 kB) are given back while nothing is in them.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Sessions are resumed by tickets, which the clients keep.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

std::shared_ptr<const Context> Context::server(const Pem& certificate, const Pem& key,
                                               bool tickets) {
  std::shared_ptr<Context> context(new Context);
  use_certificates(context->get(), certificate);
  use_key(context->get(), key, certificate);
  SSL_CTX_set_alpn_select_cb(context->get(), choose_protocol, nullptr);
  if (!tickets) SSL_CTX_set_num_tickets(context->get(), 0);
  return context;
}

// RFC 7301: a server that prefers h2 is told that nobody here speaks it.
std::shared_ptr<Context> Context::client() {
  std::shared_ptr<Context> context(new Context);
  SSL_CTX_set_alpn_protos(context->get(), kProtocols, sizeof kProtocols - 1);
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

void Context::believe_system() {
  if (SSL_CTX_set_default_verify_paths(get()) == 1) return;
  ERR_clear_error();
  throw ConfigError("the certificates that this machine believes cannot be read");
}

void Context::believe(const Pem& roots) {
  const auto reader = reader_of(roots.text);
  auto* const store = SSL_CTX_get_cert_store(get());
  bool any = false;
  while (const auto root = next_certificate(reader.get())) {
    any = true;
    X509_STORE_add_cert(store, root.get());
  }
  if (!came_to_the_end() || !any) throw ConfigError(roots.source + ": no certificates in it");
}

std::shared_ptr<const Context> Context::server_that_asks(const Pem& certificate, const Pem& key,
                                                         const Pem& roots) {
  std::shared_ptr<Context> context(new Context);
  use_certificates(context->get(), certificate);
  use_key(context->get(), key, certificate);
  SSL_CTX_set_alpn_select_cb(context->get(), choose_protocol, nullptr);
  context->believe(roots);
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  // Without one, a client that comes back by a ticket is refused.
  constexpr unsigned char kName[] = "dispatch";
  SSL_CTX_set_session_id_context(context->get(), kName, sizeof kName - 1);
  return context;
}

std::shared_ptr<const Context> Context::client_of_system() {
  auto context = client();
  context->believe_system();
  return context;
}

std::shared_ptr<const Context> Context::client_of_anyone() {
  auto context = client();
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

std::shared_ptr<const Context> Context::client(const Pem& roots) {
  auto context = client();
  context->believe(roots);
  return context;
}

std::shared_ptr<const Context> Context::client_with(const Pem& certificate, const Pem& key,
                                                    const Pem* roots) {
  auto context = client();
  use_certificates(context->get(), certificate);
  use_key(context->get(), key, certificate);
  roots == nullptr ? context->believe_system() : context->believe(*roots);
  return context;
}

}  // namespace dispatch::tls
