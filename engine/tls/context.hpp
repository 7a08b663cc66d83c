// Who a TLS endpoint is, and whom it believes: what its connections share.
#pragma once

#include <memory>
#include <string>
#include <string_view>

typedef struct ssl_ctx_st SSL_CTX;

namespace dispatch::tls {

// The text of a PEM file (RFC 7468), and what errors call it.
struct Pem {
  std::string text;
  std::string source;
};

// TLS 1.2 and 1.3. Connections keep what they need of it: it may go before them.
class Context {
 public:
  // A server that shows `certificate`: its own first, then the chain that leads to the root. `key`
  // is the certificate's, not encrypted; both may be in one text. Of the application protocols that
  // a client offers (RFC 7301), it takes http/1.1. Throws net::ConfigError. Without `tickets`,
  // nobody may come back by a shorter handshake (RFC 8446, 2.2), and the sizes of all messages
  // depend on nothing that is random.
  static std::shared_ptr<const Context> server(const Pem& certificate, const Pem& key,
                                               bool tickets = true);

  // The same; clients are asked for a certificate of theirs, and those who show one that `roots`
  // have not signed are refused. Who shows none is let in: see Stream::peer_is_verified. Throws
  // net::ConfigError.
  static std::shared_ptr<const Context> server_that_asks(const Pem& certificate, const Pem& key,
                                                         const Pem& roots);

  // A client that believes the certificates that `roots` have signed. Throws net::ConfigError.
  static std::shared_ptr<const Context> client(const Pem& roots);

  // A client that shows a certificate where it is asked for one. `roots` as above; null: those of
  // the system. Throws net::ConfigError.
  static std::shared_ptr<const Context> client_with(const Pem& certificate, const Pem& key,
                                                    const Pem* roots);

  // A client that believes whom this machine's OpenSSL believes: the files that are installed with
  // it, or those of $SSL_CERT_FILE and $SSL_CERT_DIR.
  static std::shared_ptr<const Context> client_of_system();

  // A client that believes anyone: what is sent cannot be read on the way, but by whom nobody
  // knows.
  static std::shared_ptr<const Context> client_of_anyone();

  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };

  Context();
  static std::shared_ptr<Context> client();
  void believe(const Pem& roots);
  void believe_system();

  std::unique_ptr<SSL_CTX, Free> context_;
};

}  // namespace dispatch::tls
