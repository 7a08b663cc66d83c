#include "engine/proxy/upstream_error.hpp"

#include "engine/tls/certificate_error.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/system/errc.hpp>

namespace dispatch::proxy {
namespace {

class UpstreamCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "dispatch.upstream"; }

  std::string message(int value) const override {
    switch (static_cast<UpstreamError>(value)) {
      case UpstreamError::unreachable:
        return "the upstream proxy cannot be reached";
      case UpstreamError::silent:
        return "the upstream proxy did not answer in time";
      case UpstreamError::closed:
        return "the upstream proxy closed the connection";
      case UpstreamError::not_a_proxy:
        return "the upstream's answer is not one of its protocol";
      case UpstreamError::not_authorized:
        return "the upstream proxy refuses this user or password";
      case UpstreamError::refused:
        return "the upstream proxy does not allow this target";
      case UpstreamError::failed:
        return "the upstream proxy could not reach the target";
    }
    return "unknown error of an upstream proxy";
  }

  boost::system::error_condition default_error_condition(int value) const noexcept override {
    namespace errc = boost::system::errc;
    switch (static_cast<UpstreamError>(value)) {
      case UpstreamError::unreachable:
        return errc::make_error_condition(errc::network_unreachable);
      case UpstreamError::silent:
        return errc::make_error_condition(errc::timed_out);
      case UpstreamError::refused:
        return errc::make_error_condition(errc::permission_denied);
      default:
        return {value, *this};
    }
  }
};

// Errors of another category, with words before them that say whose they are.
class QualifiedCategory : public boost::system::error_category {
 public:
  QualifiedCategory(std::string words, const boost::system::error_category& inner)
      : words_(std::move(words)), inner_(inner) {}
  const char* name() const noexcept override { return "dispatch.upstream.tls"; }
  std::string message(int value) const override { return words_ + inner_.message(value); }

 private:
  std::string words_;
  const boost::system::error_category& inner_;
};

const boost::system::error_category& untrusted_category() {
  static const QualifiedCategory category("the upstream proxy's certificate is not trusted: ",
                                          tls::certificate_category());
  return category;
}

const boost::system::error_category& tls_category() {
  static const QualifiedCategory category("no TLS with the upstream proxy: ",
                                          net::asio::error::get_ssl_category());
  return category;
}

}  // namespace

net::Error error_of_tls(const net::Error& error) {
  namespace errc = boost::system::errc;
  if (error.category() == tls::certificate_category()) return {error.value(), untrusted_category()};
  if (error.category() == net::asio::error::get_ssl_category()) {
    return {error.value(), tls_category()};
  }
  const bool hung_up = error == net::asio::ssl::error::stream_truncated ||
                       error == errc::connection_reset || error == errc::broken_pipe;
  return hung_up ? net::Error{UpstreamError::closed} : error;
}

bool is_untrusted(const net::Error& error) {
  return error.category() == untrusted_category();
}

const boost::system::error_category& upstream_category() {
  static const UpstreamCategory category;
  return category;
}

}  // namespace dispatch::proxy
