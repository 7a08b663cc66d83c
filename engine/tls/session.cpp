#include "engine/tls/session.hpp"

#include "engine/net/address.hpp"
#include "engine/tls/certificate_error.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace dispatch::tls {

// What OpenSSL takes for the socket.
struct Session::Transport {
  static int read(BIO* bio, char* data, std::size_t size, std::size_t* taken);
  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* taken);
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static BIO_METHOD* method();

  std::span<const std::byte> input;
  std::vector<std::byte> output;
  std::size_t missing = 0;  // bytes that OpenSSL asked for when there was no input left
};

int Session::Transport::read(BIO* bio, char* data, std::size_t size, std::size_t* taken) {
  auto& [input, output, missing] = *static_cast<Transport*>(BIO_get_data(bio));
  *taken = std::min(size, input.size());
  BIO_clear_retry_flags(bio);
  if (*taken == 0) {
    missing = size;
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(data, input.data(), *taken);
  input = input.subspan(*taken);
  return 1;
}

int Session::Transport::write(BIO* bio, const char* data, std::size_t size, std::size_t* taken) {
  auto& output = static_cast<Transport*>(BIO_get_data(bio))->output;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  output.insert(output.end(), bytes, bytes + size);
  *taken = size;
  return 1;
}

BIO_METHOD* Session::Transport::method() {
  static BIO_METHOD* const kMethod = [] {
    auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dispatch");
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_read_ex(method, read);
    BIO_meth_set_write_ex(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }();
  return kMethod;
}

namespace {

net::Error last_error() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return net::asio::ssl::error::stream_truncated;
  return {static_cast<int>(code), net::asio::error::get_ssl_category()};
}

}  // namespace

void Session::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

Session::Session(const Context& context)
    : transport_(std::make_unique<Transport>()), ssl_(SSL_new(context.get())) {
  if (!ssl_) throw std::bad_alloc();
  auto* const bio = BIO_new(Transport::method());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, transport_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

Session::Session(Session&& other) noexcept = default;
Session::~Session() = default;

Session Session::server(const Context& context) {
  Session session(context);
  SSL_set_accept_state(session.ssl_.get());
  return session;
}

Session Session::client(const Context& context, const std::string& name) {
  Session session(context);
  auto* const ssl = session.ssl_.get();
  if (net::parse_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_set1_host(ssl, name.c_str());
  }
  SSL_set_connect_state(ssl);
  return session;
}

void Session::feed(std::span<const std::byte> records) {
  transport_->input = records;
}

Session::Step Session::outcome(int result, std::size_t bytes) {
  if (result == 1) return {Step::State::done, bytes, {}};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Step::State::needs_input, 0, {}};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::State::ended, 0, {}};
    default:
      return {Step::State::failed, 0, last_error()};
  }
}

Session::Step Session::handshake() {
  ERR_clear_error();
  auto step = outcome(SSL_do_handshake(ssl_.get()), 0);
  const auto verdict = SSL_get_verify_result(ssl_.get());
  const bool minds = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
  if (step.state == Step::State::failed && minds && verdict != X509_V_OK) {
    step.error = {static_cast<int>(verdict), certificate_category()};
  }
  return step;
}

Session::Step Session::read(std::span<std::byte> text) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), text.data(), text.size(), &bytes);
  return outcome(result, bytes);
}

Session::Step Session::peek() {
  ERR_clear_error();
  std::byte first;
  std::size_t bytes = 0;
  const int result = SSL_peek_ex(ssl_.get(), &first, 1, &bytes);
  return outcome(result, bytes);
}

Session::Step Session::write(std::span<const std::byte> text) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_write_ex(ssl_.get(), text.data(), text.size(), &bytes);
  return outcome(result, bytes);
}

void Session::close() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool Session::is_between_records() const {
  return transport_->missing == SSL3_RT_HEADER_LENGTH;
}

bool Session::peer_is_verified() const {
  return SSL_get0_peer_certificate(ssl_.get()) != nullptr &&
         SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE &&
         SSL_get_verify_result(ssl_.get()) == X509_V_OK;
}

std::vector<std::byte>& Session::output() {
  return transport_->output;
}

}  // namespace dispatch::tls
