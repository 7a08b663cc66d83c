#include "tests/unit/tls/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace dispatch::tls {
namespace {

template <auto free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

}  // namespace

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
