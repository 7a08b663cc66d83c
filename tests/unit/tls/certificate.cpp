#include "tests/unit/tls/certificate.hpp"

#include "engine/tls/openssl_ptr.hpp"

#include <openssl/pem.h>

#include <array>
#include <stdexcept>

namespace dispatch::tls {
Identity make_identity(const std::string& name) {
  return make_identity(std::array{name});
}

Pem encrypted(const Pem& key) {
  const BioPtr bio(BIO_new_mem_buf(key.text.data(), static_cast<int>(key.text.size())));
  const KeyPtr read(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const BioPtr out(BIO_new(BIO_s_mem()));
  char password[] = "secret";
  if (!read || PEM_write_bio_PrivateKey(out.get(), read.get(), EVP_aes_128_cbc(), nullptr, 0,
                                        nullptr, password) != 1) {
    throw std::runtime_error("OpenSSL cannot encrypt the test's key");
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &data);
  return {{data, static_cast<std::size_t>(size)}, key.source};
}

}  // namespace dispatch::tls
