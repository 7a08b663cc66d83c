#include "engine/tls/identity.hpp"

#include "engine/net/address.hpp"
#include "engine/tls/openssl_ptr.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace dispatch::tls {
namespace {

void check(bool made) {
  if (!made) throw std::runtime_error("OpenSSL cannot make a certificate");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

void set_string(ASN1_STRING* string, const void* data, std::size_t size) {
  check(string != nullptr && ASN1_STRING_set(string, data, static_cast<int>(size)) == 1);
}

// RFC 5280, 4.2.1.6.
GENERAL_NAME* general_name(const std::string& text) {
  auto* const name = GENERAL_NAME_new();
  check(name != nullptr);
  const auto address = net::parse_address(text);
  if (!address) {
    auto* const dns = ASN1_IA5STRING_new();
    set_string(dns, text.data(), text.size());
    GENERAL_NAME_set0_value(name, GEN_DNS, dns);
    return name;
  }
  auto* const octets = ASN1_OCTET_STRING_new();
  if (address->is_v6()) {
    const auto bytes = address->to_v6().to_bytes();
    set_string(octets, bytes.data(), bytes.size());
  } else {
    const auto bytes = address->to_v4().to_bytes();
    set_string(octets, bytes.data(), bytes.size());
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, octets);
  return name;
}

// The common name is the key's: among several roots, who verifies looks for one by this name. It
// has at most 64 characters (RFC 5280, appendix A), which a host's name may exceed.
std::string common_name(EVP_PKEY* key) {
  std::array<unsigned char, 32> raw;
  auto size = raw.size();
  check(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1);
  return fmt::format("{:02x}", fmt::join(raw.data(), raw.data() + size, ""));
}

void name(X509* certificate, EVP_PKEY* key, std::span<const std::string> names) {
  const auto common = common_name(key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  const NamesPtr all(GENERAL_NAMES_new());
  check(all != nullptr);
  for (const auto& each : names) check(sk_GENERAL_NAME_push(all.get(), general_name(each)) > 0);
  check(X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, 0) == 1);
}

}  // namespace

Identity make_identity(std::span<const std::string> names, net::Duration validity) {
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  check(key != nullptr);
  const CertificatePtr certificate(X509_new());
  check(certificate != nullptr);
  auto* const x509 = certificate.get();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(validity).count();
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), static_cast<long>(seconds));
  X509_set_pubkey(x509, key.get());
  name(x509, key.get(), names);
  check(X509_sign(x509, key.get(), nullptr) > 0);
  const BioPtr shown(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(shown.get(), x509) == 1);
  const BioPtr kept(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_PrivateKey(kept.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
        1);
  return {{text_of(shown.get()), "certificate.pem"}, {text_of(kept.get()), "key.pem"}};
}

}  // namespace dispatch::tls
