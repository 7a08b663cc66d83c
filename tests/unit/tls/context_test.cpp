// Certificates and keys that are of no use are told in one line.
#include "engine/tls/context.hpp"

#include "engine/net/config_error.hpp"
#include "tests/unit/tls/certificate.hpp"

#include <boost/test/unit_test.hpp>

namespace dispatch::tls {
BOOST_AUTO_TEST_SUITE(context)
namespace {

std::string complaint(const Pem& certificate, const Pem& key) {
  try {
    Context::server(certificate, key);
  } catch (const net::ConfigError& error) {
    return error.what();
  }
  return {};
}

std::string damaged(std::string pem) {
  pem[pem.size() / 2] = '!';
  return pem;
}

BOOST_AUTO_TEST_CASE(a_certificate_with_its_key_serves) {
  const auto own = make_identity("proxy.example");
  BOOST_TEST(complaint(own.certificate, own.key) == "");
}

BOOST_AUTO_TEST_CASE(both_may_be_in_one_file_in_any_order) {
  const auto own = make_identity("proxy.example");
  for (const auto& text :
       {own.certificate.text + own.key.text, own.key.text + own.certificate.text}) {
    BOOST_TEST(complaint({text, "both.pem"}, {text, "both.pem"}) == "");
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_file) {
  const auto own = make_identity("proxy.example");
  const auto other = make_identity("proxy.example");
  const auto& [certificate, key] = own;
  BOOST_TEST(complaint({"", "c.pem"}, key).starts_with("c.pem: no certificate in it"));
  BOOST_TEST(complaint(key, key).starts_with("key.pem: no certificate in it"));
  BOOST_TEST(complaint({damaged(certificate.text), "c.pem"}, key)
                 .starts_with("c.pem: the certificate is damaged"));
  BOOST_TEST(complaint({certificate.text + damaged(other.certificate.text), "c.pem"}, key) ==
             "c.pem: a certificate of the chain is damaged");
  BOOST_TEST(complaint(certificate, {"", "k.pem"}).starts_with("k.pem: no private key in it"));
  BOOST_TEST(complaint(certificate, certificate).starts_with("certificate.pem: no private key"));
  BOOST_TEST(complaint(certificate, {damaged(key.text), "k.pem"})
                 .starts_with("k.pem: no private key in it"));
  BOOST_TEST(complaint(certificate, encrypted(key)).starts_with("key.pem: the key is encrypted"));
  BOOST_TEST(complaint(certificate, other.key) ==
             "key.pem: not the key of the certificate in certificate.pem");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::tls
