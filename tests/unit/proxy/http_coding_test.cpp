// Codings: chunks, and the credentials of Basic.

#include "engine/proxy/http_authorization.hpp"
#include "engine/proxy/http_chunked_decoder.hpp"
#include "engine/proxy/octets.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace dispatch::proxy::http {
BOOST_AUTO_TEST_SUITE(http_coding)
namespace {

struct Decoded {
  Progress progress = Progress::incomplete;
  std::string content;
  std::size_t size = 0;
  Fields trailers;
};

// Decodes `text`, of which `step` more bytes are there each time.
Decoded decode(std::string_view text, std::size_t step) {
  ChunkedDecoder decoder;
  Decoded decoded;
  for (auto there = std::min(step, text.size());;) {
    const auto input = text.substr(decoded.size, there - decoded.size);
    const auto taken = decoder.decode(std::as_bytes(std::span(input)));
    decoded.content += text_of(taken.content);
    decoded.size += taken.size;
    decoded.progress = taken.progress;
    if (taken.progress == Progress::complete) decoded.trailers = decoder.trailers();
    if (taken.progress != Progress::incomplete) return decoded;
    if (taken.size != 0) continue;
    if (there == text.size()) return decoded;
    there = std::min(there + step, text.size());
  }
}

BOOST_AUTO_TEST_CASE(chunks_are_joined_wherever_they_were_cut) {
  const std::string text = "5\r\nhello\r\nA;x=\"y\"\r\n, chunked!\r\n0\r\nX-Sum: 42\r\n\r\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const auto decoded = decode(text + "next", step);
    BOOST_TEST((decoded.progress == Progress::complete), step);
    BOOST_TEST(decoded.content == "hello, chunked!");
    BOOST_TEST(decoded.size == text.size());
    BOOST_REQUIRE(decoded.trailers.find("X-Sum") != nullptr);
    BOOST_TEST(*decoded.trailers.find("X-Sum") == "42");
  }
}

BOOST_AUTO_TEST_CASE(broken_chunks_are_refused) {
  for (const auto* text :
       {"x\r\n", "-1\r\na\r\n", "0x5\r\nhello\r\n\r\n", "5\nhello\r\n0\r\n\r\n",
        "5;\nhello\r\n0\r\n\r\n", "5\r\nhelloX0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\na", "5 x\r\nhello", "0\r\nX-A: 1\nX-B: 2\r\n\r\n",
        "0\r\n X-A: 1\r\n\r\n", "\r\n", "5;\r\rhello", "0\r\nno colon\r\n\r\n"}) {
    BOOST_TEST((decode(text, 1000).progress == Progress::invalid), text);
  }
}

BOOST_AUTO_TEST_CASE(base64_is_decoded_in_whole_or_not_at_all) {
  BOOST_TEST((decode_base64("") == ""));
  BOOST_TEST((decode_base64("YTpi") == "a:b"));
  BOOST_TEST((decode_base64("YWI6Yw==") == "ab:c"));
  BOOST_TEST((decode_base64("YWI6Y2Q=") == "ab:cd"));
  for (const auto* text : {"Y", "YTp", "YTpi\n", "Y===", "=TpiYTpi", "YT*i"}) {
    BOOST_TEST(!decode_base64(text), text);
  }
}

BOOST_AUTO_TEST_CASE(only_a_name_with_its_password_is_authorized) {
  Accounts accounts;
  accounts.add("ab", "c:d");
  const auto authorized = [&](std::string_view value) {
    Fields fields;
    fields.add("Proxy-Authorization", value);
    return is_authorized(fields, accounts);
  };
  BOOST_TEST(authorized("Basic YWI6Yzpk"));
  BOOST_TEST(authorized("bAsIc  YWI6Yzpk"));
  BOOST_TEST(!authorized("Basic YWI6Yw=="));
  BOOST_TEST(!authorized("Bearer YWI6Yzpk"));
  BOOST_TEST(!authorized("YWI6Yzpk"));
  BOOST_TEST(!authorized("Basic"));
  BOOST_TEST(!authorized("Basic "));
  BOOST_TEST(!authorized(""));
  BOOST_TEST(!is_authorized({}, accounts));
  BOOST_TEST(is_authorized({}, Accounts{}));
}

BOOST_AUTO_TEST_CASE(two_credentials_are_none) {
  Accounts accounts;
  accounts.add("ab", "c:d");
  Fields fields;
  fields.add("Proxy-Authorization", "Basic YWI6Yzpk");
  fields.add("Proxy-Authorization", "Basic YWI6Yzpk");
  BOOST_TEST(!is_authorized(fields, accounts));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
}  // namespace dispatch::proxy::http
