// Watches how much of their data caps links have used, and says when they have used it up.
#pragma once

#include "engine/link/link_set.hpp"
#include "engine/link/usage_store.hpp"
#include "engine/link/usage_text.hpp"
#include "engine/net/condition.hpp"
#include "engine/net/runtime.hpp"

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::link {

// One for all event loops of a dispatcher. Where no link has a cap it does nothing. Usage goes by
// the link's name: one that takes another's place with a new configuration goes on where that was,
// and what still runs through the old one counts too.
//
// What is saved is at most kSaveInterval old, or kSaveShare of the smallest cap, whichever comes
// first, but no more often than each second; so a kill -9 loses no more than that. The end of run()
// saves what there is.
class UsageKeeper {
 public:
  static constexpr net::Duration kInterval = std::chrono::milliseconds(100);
  static constexpr net::Duration kSaveInterval = std::chrono::seconds(10);
  static constexpr net::Duration kSavePause = std::chrono::seconds(1);
  static constexpr std::uint64_t kSaveShare = 200;  // 1/200 of the cap

  // All outlive it; `store` may be null: nothing is kept.
  UsageKeeper(net::Runtime& runtime, LinkSet& links, UsageStore* store);

  // Until it is cancelled.
  net::Task<void> run();

 private:
  struct Record {
    std::string name;
    std::uint64_t bytes = 0;
    net::WallTime began{};
    net::WallTime first{};  // when the first of its periods began
    bool has_begun = false;
    bool is_reached = false;
    net::TimePoint behind_since{};  // when the clock was last seen not to be behind `began`
  };
  // What of a link's counters has been counted.
  struct Track {
    Link* link;
    std::uint64_t counted;
    Record* record;
  };

  bool any_cap() const;
  void load();
  void look();
  void track_all();
  Record& record_of(const std::string& name);
  void count();
  void judge(Link& link, Record& record);
  bool begins_anew(Record& record, const WallSpan& period);
  std::string reason_of(const DataCap& cap, const WallSpan& period) const;
  void tell_free(const Link& link, const Record& record, const DataCap& cap, bool is_new);
  void save_in_time();
  void save();
  void tell_news();

  net::Runtime& runtime_;
  LinkSet& links_;
  UsageStore* store_;
  UtcOffset offset_;
  net::Condition news_;
  std::list<Record> records_;
  std::vector<Track> tracks_;
  bool loaded_ = false;
  std::string saved_;  // the text
  std::uint64_t unsaved_ = 0;
  std::uint64_t smallest_cap_ = 0;
  bool save_soon_ = false;
  net::TimePoint saved_at_{};
};

}  // namespace dispatch::link
