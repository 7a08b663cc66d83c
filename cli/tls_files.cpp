#include "cli/tls_files.hpp"

#include "cli/exit_status.hpp"
#include "cli/text_file.hpp"

namespace dispatch::cli {

std::shared_ptr<const tls::Context> tls_context(const std::string& certificate,
                                                const std::string& key) {
  if (certificate.empty()) {
    if (!key.empty()) throw UsageError("--tls-key: give its certificate, too, with --tls-cert");
    return nullptr;
  }
  const tls::Pem shown{read_text_file(certificate), certificate};
  const auto& key_file = key.empty() ? certificate : key;
  const tls::Pem kept{read_text_file(key_file), key_file};
  auto context = tls::Context::server(shown, kept);
  warn_of_other_readers(key_file, "a private key");
  return context;
}

}  // namespace dispatch::cli
