#include "tests/unit/tls/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

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
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

void check(bool made) {
  if (!made) throw std::runtime_error("OpenSSL cannot make the test's certificate");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string key_text(EVP_PKEY* key, const EVP_CIPHER* cipher, const char* password) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PrivateKey(bio.get(), key, cipher, nullptr, 0, nullptr,
                                 const_cast<char*>(password)) == 1);
  return text_of(bio.get());
}

}  // namespace

Identity make_identity(const std::string& name) {
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  check(key != nullptr);
  const CertificatePtr certificate(X509_new());
  auto* const x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(x509));
  X509_set_pubkey(x509, key.get());
  const auto names = "DNS:" + name;
  const ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  check(X509_add_ext(x509, extension.get(), -1) == 1);
  check(X509_sign(x509, key.get(), nullptr) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(bio.get(), x509) == 1);
  return {{text_of(bio.get()), "certificate.pem"},
          {key_text(key.get(), nullptr, nullptr), "key.pem"}};
}

Pem encrypted(const Pem& key) {
  const BioPtr bio(BIO_new_mem_buf(key.text.data(), static_cast<int>(key.text.size())));
  const KeyPtr read(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  check(read != nullptr);
  return {key_text(read.get(), EVP_aes_128_cbc(), "secret"), key.source};
}

}  // namespace dispatch::tls
