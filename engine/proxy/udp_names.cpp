#include "engine/proxy/udp_names.hpp"

#include <utility>

namespace dispatch::proxy {

UdpNames::Name* UdpNames::find(std::span<const std::byte> destination) {
  const auto found = names_.find(text_of(destination));
  return found == names_.end() ? nullptr : &found->second;
}

UdpNames::Name* UdpNames::add(std::span<const std::byte> destination) {
  if (looked_up_ >= options_.names_max || names_.size() >= options_.flows_max) return nullptr;
  ++looked_up_;
  return &names_[std::string(text_of(destination))];
}

bool UdpNames::wait(Name& name, std::span<const std::byte> payload) {
  if (name.waiting.size() >= options_.waiting_max) return false;
  if (waiting_bytes_ + payload.size() > options_.waiting_bytes_max) return false;
  waiting_bytes_ += payload.size();
  name.waiting.emplace_back(payload.begin(), payload.end());
  return true;
}

std::vector<Bytes> UdpNames::resolved(const std::string& key, UdpFlow* flow) {
  const auto found = names_.find(key);
  auto waiting = std::exchange(found->second.waiting, {});
  --looked_up_;
  for (const auto& payload : waiting) waiting_bytes_ -= payload.size();
  found->second.flow = flow;
  if (flow == nullptr) {
    names_.erase(found);
  } else {
    flow->names.push_back(key);
  }
  return waiting;
}

void UdpNames::forget(const UdpFlow& flow) {
  for (const auto& key : flow.names) names_.erase(key);
}

}  // namespace dispatch::proxy
