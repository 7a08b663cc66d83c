#include "engine/stream/spread.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::stream {
namespace {

constexpr net::Duration kLookInterval = std::chrono::milliseconds(20);
// A way that has refused something is left alone for so long, then tried again.
constexpr net::Duration kTroubleLasts = std::chrono::milliseconds(500);

}  // namespace

Spread::Spread(Hub& hub, std::string name, SpreadMode mode, net::Clock& clock, net::Log& log)
    : hub_(hub), name_(std::move(name)), mode_(mode), clock_(clock), log_(log) {
  hub_.add(*this);
}

Spread::~Spread() {
  hub_.remove(*this);
}

Hub& Spread::add(const link::Link& link, net::asio::any_io_executor executor) {
  auto& way = *ways_.emplace_back(std::make_unique<Way>(link, std::move(executor)));
  way.hub.feeds_from(hub_);
  return way.hub;
}

bool Spread::has_room() const {
  return std::ranges::any_of(ways_, [](const auto& way) { return way->hub.has_room(); });
}

void Spread::answered(std::size_t way) {
  ways_[way]->answered = clock_.now();
}

void Spread::take(std::span<const Chunk> chunks) {
  if (mode_ == SpreadMode::distribute) return distribute(chunks);
  for (const auto& way : ways_) way->hub.pass(chunks);
}

// Empty: it works, as far as can be told.
std::string Spread::why_not(const Way& way) const {
  const auto now = clock_.now();
  if (way.link.is_absent() || way.link.health() == link::Health::down) {
    return way.link.standing().reason;
  }
  if (now < way.trouble_until) return way.output->trouble().message();
  const bool any_answers = std::ranges::any_of(ways_, [&](const auto& each) {
    return each->answered && now - *each->answered <= kSilenceMost;
  });
  if (any_answers && !(way.answered && now - *way.answered <= kSilenceMost)) {
    return "the receiver does not answer by it";
  }
  return {};
}

void Spread::look() {
  const auto now = clock_.now();
  if (now < look_at_) return;
  look_at_ = now + kLookInterval;
  any_works_ = false;
  for (const auto& way : ways_) {
    if (way->output->trouble() && now >= way->trouble_until + kLookInterval) {
      way->trouble_until = now + kTroubleLasts;
    }
    const auto reason = why_not(*way);
    if (reason.empty() != way->works) {
      way->works = reason.empty();
      way->credit = 0;
      if (way->works) {
        log_.info("{}: {} works again", name_, way->link.name());
      } else {
        log_.warning("{}: {}: {}: the others take its share", name_, way->link.name(), reason);
      }
    }
    any_works_ = any_works_ || way->works;
  }
}

// As link::SmoothWeightedRoundRobin has it.
Spread::Way& Spread::next(std::int64_t round) {
  Way* best = nullptr;
  for (const auto& way : ways_) {
    if (any_works_ && !way->works) continue;
    way->credit += way->link.weight();
    if (best == nullptr || way->credit > best->credit) best = way.get();
  }
  best->credit -= round;
  return *best;
}

void Spread::distribute(std::span<const Chunk> chunks) {
  look();
  std::int64_t round = 0;
  for (const auto& way : ways_) {
    way->chunks.clear();
    if (!any_works_ || way->works) round += way->link.weight();
  }
  for (const auto& chunk : chunks) {
    chunk.for_each(0, [&](std::span<const std::byte> datagram) {
      auto each = chunk;
      each.data = datagram;
      each.segment = 0;
      next(round).chunks.push_back(each);
    });
  }
  for (const auto& way : ways_) {
    if (!way->chunks.empty()) way->hub.pass(way->chunks);
  }
}

}  // namespace dispatch::stream
