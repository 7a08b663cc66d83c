#include "tests/unit/net/http_over_seam.hpp"

#include "engine/net/async_stream.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace dispatch::test {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using TlsStream = asio::ssl::stream<net::AsyncStream>;

constexpr const char* kName = "page.example.com";

// A key and a certificate that it signs itself.
class Identity {
 public:
  Identity() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    auto* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(kName), -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_sign(certificate_, key_, EVP_sha256());
  }
  ~Identity() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  void use_in(asio::ssl::context& context) const {
    SSL_CTX_use_certificate(context.native_handle(), certificate_);
    SSL_CTX_use_PrivateKey(context.native_handle(), key_);
  }
  void trust_in(asio::ssl::context& context) const {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.native_handle()), certificate_);
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
};

const Identity& identity() {
  static const Identity made;
  return made;
}

template <typename Transport>
net::Task<void> answer(Transport& transport) {
  boost::beast::flat_buffer buffer;
  http::request<http::string_body> request;
  co_await http::async_read(transport, buffer, request, asio::use_awaitable);
  const bool known = request.target() == "/page";
  http::response<http::string_body> response(known ? http::status::ok : http::status::not_found,
                                             11);
  if (known) response.body() = page();
  response.prepare_payload();
  co_await http::async_write(transport, response, asio::use_awaitable);
}

template <typename Transport>
net::Task<Page> ask(Transport& transport) {
  http::request<http::string_body> request(http::verb::get, "/page", 11);
  request.set(http::field::host, kName);
  co_await http::async_write(transport, request, asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kPageBytes);
  co_await http::async_read(transport, buffer, parser, asio::use_awaitable);
  Page fetched;
  fetched.status = parser.get().result_int();
  fetched.body = std::move(parser.get().body());
  co_return fetched;
}

std::string name_of_peer(TlsStream& tls) {
  char name[100] = "";
  auto* certificate = SSL_get1_peer_certificate(tls.native_handle());
  if (certificate == nullptr) return {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  return name;
}

}  // namespace

std::string page() {
  std::string text;
  for (int line = 0; text.size() < kPageBytes; ++line) text += std::to_string(line) + "\n";
  text.resize(kPageBytes);
  return text;
}

net::Task<void> serve_page(net::Runtime& runtime, net::Listener& listener, Security security) {
  const auto accepted = co_await listener.accept();
  net::AsyncStream transport(*accepted.value(), runtime.executor());
  if (security == Security::plain) {
    co_await answer(transport);
    (*accepted)->shutdown_write();
    co_return;
  }
  asio::ssl::context context(asio::ssl::context::tls_server);
  identity().use_in(context);
  TlsStream tls(transport, context);
  co_await tls.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  co_await answer(tls);
  // Ends with both sides' close_notify: an end of stream alone would be an error here.
  co_await tls.async_shutdown(asio::use_awaitable);
}

net::Task<Page> fetch_page(net::Runtime& runtime, net::Endpoint server, Security security) {
  const auto connected = co_await runtime.network().connect(server, net::kAnyEgress);
  net::AsyncStream transport(*connected.value(), runtime.executor());
  if (security == Security::plain) {
    auto fetched = co_await ask(transport);
    // The adapter gives the end of the stream as Asio has it.
    char more;
    try {
      co_await transport.async_read_some(asio::buffer(&more, 1), asio::use_awaitable);
      throw std::logic_error("bytes after the end of the page");
    } catch (const boost::system::system_error& error) {
      if (error.code() != asio::error::eof) throw;
    }
    co_return fetched;
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_peer);
  identity().trust_in(context);
  TlsStream tls(transport, context);
  co_await tls.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  auto fetched = co_await ask(tls);
  fetched.peer_name = name_of_peer(tls);
  co_await tls.async_shutdown(asio::use_awaitable);
  co_return fetched;
}

}  // namespace dispatch::test
