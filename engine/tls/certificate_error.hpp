// Why a peer's certificate is not believed.
#pragma once

#include "engine/net/async.hpp"

namespace dispatch::tls {

// Values are OpenSSL's (X509_V_ERR_...): "self-signed certificate", "hostname mismatch".
const boost::system::error_category& certificate_category();

}  // namespace dispatch::tls
