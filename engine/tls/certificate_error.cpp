#include "engine/tls/certificate_error.hpp"

#include <openssl/x509.h>

namespace dispatch::tls {
namespace {

class CertificateCategory : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "dispatch.certificate"; }
  std::string message(int value) const override { return X509_verify_cert_error_string(value); }
};

}  // namespace

const boost::system::error_category& certificate_category() {
  static const CertificateCategory category;
  return category;
}

}  // namespace dispatch::tls
