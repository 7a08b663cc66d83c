// One line for both directions of a link: half duplex.
#pragma once

namespace dispatch::sim {

class MediumUser {
 public:
  // The line is the user's now, who takes it as if take() had said yes.
  virtual void medium_is_free() = 0;

 protected:
  ~MediumUser() = default;
};

// Held by one of two users at a time. Where both want it all the time it changes hands with every
// packet, so each gets half of the packets.
class SharedMedium {
 public:
  // True: the line is the user's until release(). False: it will be told.
  bool take(MediumUser& user) {
    if (holder_ == nullptr || holder_ == &user) {
      holder_ = &user;
      return true;
    }
    waiting_ = &user;
    return false;
  }
  // Of its holder; no longer waits for it either. The other one, if it waits, has it then.
  void release(MediumUser& user) {
    if (waiting_ == &user) waiting_ = nullptr;
    if (holder_ != &user) return;
    holder_ = waiting_;
    waiting_ = nullptr;
    if (holder_ != nullptr) holder_->medium_is_free();
  }

 private:
  MediumUser* holder_ = nullptr;
  MediumUser* waiting_ = nullptr;
};

}  // namespace dispatch::sim
