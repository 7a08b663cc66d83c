// A call to be made later, stored in place.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace dispatch::net {

// Move-only. What fits kInlineBytes and moves without throwing is stored in the object: then it
// costs no allocation. Anything else lives on the heap.
template <typename... Arguments>
class Callback {
 public:
  static constexpr std::size_t kInlineBytes = 48;

  Callback() = default;
  template <typename F>
  requires(!std::is_same_v<std::decay_t<F>, Callback> &&
           std::is_invocable_v<std::decay_t<F>&, Arguments...>)
      Callback(F&& function) {  // NOLINT: converts from any callable, as std::function does
    using Function = std::decay_t<F>;
    if constexpr (sizeof(Function) <= kInlineBytes && alignof(Function) <= alignof(void*) &&
                  std::is_nothrow_move_constructible_v<Function>) {
      ::new (storage_) Function(std::forward<F>(function));
      operations_ = &kInPlace<Function>;
    } else {
      ::new (storage_) Function*(new Function(std::forward<F>(function)));
      operations_ = &kOnHeap<Function>;
    }
  }
  Callback(Callback&& other) noexcept { take(other); }
  Callback& operator=(Callback&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Callback() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }
  void operator()(Arguments... arguments) { operations_->call(storage_, arguments...); }

  void reset() {
    if (const auto* operations = std::exchange(operations_, nullptr)) operations->destroy(storage_);
  }

 private:
  struct Operations {
    void (*call)(void*, Arguments...);
    void (*move)(void* to, void* from);
    void (*destroy)(void*);
  };

  template <typename F>
  static constexpr Operations kInPlace{
      [](void* self, Arguments... arguments) { (*static_cast<F*>(self))(arguments...); },
      [](void* to, void* from) {
        ::new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* self) { static_cast<F*>(self)->~F(); }};
  template <typename F>
  static constexpr Operations kOnHeap{
      [](void* self, Arguments... arguments) { (**static_cast<F**>(self))(arguments...); },
      [](void* to, void* from) { ::new (to) F*(*static_cast<F**>(from)); },
      [](void* self) { delete *static_cast<F**>(self); }};

  void take(Callback& other) {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ != nullptr) operations_->move(storage_, other.storage_);
  }

  alignas(void*) std::byte storage_[kInlineBytes];
  const Operations* operations_ = nullptr;
};

}  // namespace dispatch::net
