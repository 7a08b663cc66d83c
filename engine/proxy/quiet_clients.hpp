// Clients that are waited for: nothing of theirs is under way.
#pragma once

#include "engine/net/stream.hpp"

#include <boost/intrusive/list.hpp>

namespace dispatch::proxy {

// Before its first byte, and between two HTTP requests, a client has nothing to lose: when the
// proxy stops, it is told the end of the stream, instead of being waited for.
class QuietClients {
 public:
  class Entry : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    // For as long as this lives the client is quiet.
    Entry(QuietClients& clients, net::Stream& stream) : stream_(stream) {
      clients.entries_.push_back(*this);
      if (clients.dismissed_) stream_.shutdown_write();
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class QuietClients;
    net::Stream& stream_;
  };

  // Ends the stream of each, now and from now on.
  void dismiss() {
    dismissed_ = true;
    for (auto& entry : entries_) entry.stream_.shutdown_write();
  }

 private:
  bool dismissed_ = false;
  boost::intrusive::list<Entry, boost::intrusive::constant_time_size<false>> entries_;
};

}  // namespace dispatch::proxy
