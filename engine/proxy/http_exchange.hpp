// One request passed on, and its response passed back.
#pragma once

#include "engine/net/condition.hpp"
#include "engine/proxy/client.hpp"
#include "engine/proxy/http_body.hpp"
#include "engine/proxy/http_rest.hpp"
#include "engine/proxy/http_rewrite.hpp"
#include "engine/proxy/http_upstream.hpp"

#include <optional>

namespace dispatch::proxy::http {

// A request that is to be forwarded.
struct Forwarding {
  const RequestHead& head;
  const AbsoluteTarget& to;
  Framing framing;
  const CutAnswer* rest_of = nullptr;  // the client has its beginning; null: it has nothing yet
};

// How it ended.
struct ExchangeReport {
  enum class End : std::uint8_t {
    answered,       // the client has the response
    upgraded,       // it is 101: both sides go on in another protocol
    no_answer,      // the server's connection failed (`error`) before a byte of a response came
    bad_answer,     // what came is no response that can be passed on (`fault`); the client has none
    client_failed,  // the client's connection, or its body, failed (`error`) before the response
    not_authorized,  // an upstream proxy does not know us (`error`); the client has heard nothing
    cut_short,       // the response failed part of the way, on either side
  };

  End end = End::no_answer;
  net::Error error;
  Fault fault;
  bool client_persists = false;    // (answered) the next request may come
  bool upstream_persists = false;  // (answered) and may go the same way
  // (bad_answer) It ended within its first head, so nobody has heard any of it.
  bool is_unheard = false;
  // (cut_short, by the server or its link) where the rest can be asked for
  std::optional<CutAnswer> cut{};
};

// The request and the response pass at the same time: a server may answer, or say 100 Continue,
// before it has the whole body. Each is read only as fast as the other side takes it. When the
// request has passed, a client that resets its connection ends the exchange.
class Exchange {
 public:
  Exchange(Client& client, Reader& from_client, Upstream& upstream, const Forwarding& forwarding);

  // Once. What is left unread, on both sides, stays in the readers.
  net::Task<ExchangeReport> run();

 private:
  net::Task<void> send();
  net::Task<void> watch_client();
  net::Task<void> receive();
  net::Task<void> receive_final(ResponseHead head);
  net::Task<bool> pass_interim(const ResponseHead& head);
  net::Task<void> pass_upgrade(const ResponseHead& head);
  void tell_first_byte();
  void fail(const net::Error& error);
  void refuse(std::string_view why);
  void refuse_challenge();
  bool awaits_continue() const;

  Client& client_;
  Reader& from_client_;
  Upstream& upstream_;
  const Forwarding& forwarding_;
  BodyReader request_body_;
  net::Condition send_ended_;
  bool request_passed_ = false;
  bool send_failed_ = false;
  net::Error client_error_;
  net::TimePoint began_{};
  bool response_began_ = false;   // any of it has come
  bool continue_passed_ = false;  // 100 has
  ExchangeReport report_;
};

}  // namespace dispatch::proxy::http
