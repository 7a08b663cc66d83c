// What keys, clicks and the wheel do.
#include "cli/monitor/model.hpp"

#include <algorithm>

namespace dispatch::cli::monitor {
namespace {

using screen::Key;
using Kind = Key::Kind;

constexpr std::ptrdiff_t kAll = 1'000'000;

// How many rows a key moves by; none: it moves nothing.
std::optional<std::ptrdiff_t> steps_of(const Key& key, std::size_t page) {
  const auto whole = static_cast<std::ptrdiff_t>(page);
  if (key.kind == Kind::up || key.is("k")) return -1;
  if (key.kind == Kind::down || key.is("j")) return 1;
  if (key.kind == Kind::page_up) return -whole;
  if (key.kind == Kind::page_down) return whole;
  if (key.kind == Kind::home) return -kAll;
  if (key.kind == Kind::end) return kAll;
  return std::nullopt;
}

std::size_t index_of(View view) {
  return static_cast<std::size_t>(view);
}

}  // namespace

bool Model::press(const Key& key) {
  said_.clear();
  if (help_) {
    help_ = false;
    return true;
  }
  if (writes_) return press_in_field(key);
  if (auto* its = table(); its != nullptr && its->filter.writes) return its->filter.press(key);
  if (is_over_detail() && press_in_detail(key)) return true;
  if (press_anywhere(key)) return true;
  if (table() != nullptr) return press_in_table(key);
  if (view_ == View::configuration) return press_in_form(key);
  return view_ == View::execute && press_in_execute(key);
}

void Model::show(View view) {
  if (view_ != view) {
    closer_.reset();
    detail_top_ = 0;
  }
  view_ = view;
  writes_ = false;
}

bool Model::press_anywhere(const Key& key) {
  const auto count = kViews.size();
  if (key.is("q")) {
    leaves_ = true;
  } else if (key.is("r")) {
    refresh();
  } else if (key.is("e")) {
    execute();
  } else if (key.is("c")) {
    show(View::configuration);
  } else if (key.is("?") || key.is("h")) {
    help_ = true;
  } else if (key.kind == Kind::tab) {
    show(kViews[(index_of(view_) + 1) % count]);
  } else if (key.kind == Kind::back_tab) {
    show(kViews[(index_of(view_) + count - 1) % count]);
  } else if (key.kind == Kind::letter && key.letter >= "1" && key.letter <= "6") {
    show(kViews[static_cast<std::size_t>(key.letter[0] - '1')]);
  } else {
    return false;
  }
  return true;
}

bool Model::is_over_detail() const {
  return closer_.has_value();
}

bool Model::press_in_detail(const Key& key) {
  if (key.kind == Kind::escape || key.kind == Kind::enter) {
    closer_.reset();
    return true;
  }
  const auto steps = steps_of(key, page_);
  return steps && scroll(static_cast<int>(*steps));
}

bool Model::scroll(int rows) {
  if (detail() != nullptr) {
    const auto top = static_cast<std::ptrdiff_t>(detail_top_) + rows;
    detail_top_ = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, top));
    return true;
  }
  auto* its = table();
  if (its == nullptr) return false;
  const auto found = this->rows();
  const auto to = static_cast<std::ptrdiff_t>(its->row(found)) + rows;
  if (view_ == View::history && to >= static_cast<std::ptrdiff_t>(found.size())) want_older();
  its->select(found, to);
  return true;
}

bool Model::press_in_table(const Key& key) {
  auto& its = *table();
  if (const auto steps = steps_of(key, page_)) return scroll(static_cast<int>(*steps));
  if (key.kind == Kind::enter) {
    look_closer();
  } else if (key.kind == Kind::escape) {
    its.filter.drop();
  } else if (key.is("/")) {
    its.filter.begin();
  } else if (key.is("s")) {
    its.sort_by_next(columns(view_).size());
  } else if (key.is("v")) {
    its.reversed = !its.reversed;
  } else if (key.is("m") && view_ == View::history) {
    want_older();
  } else if (key.is("p") && view_ != View::history) {
    pin_selected();
  } else {
    return false;
  }
  return true;
}

void Model::select_field(int by) {
  const auto last = static_cast<int>(kFields.size()) - 1;
  const auto to = std::clamp(static_cast<int>(field_) + by, 0, last);
  field_ = kFields[static_cast<std::size_t>(to)];
}

void Model::enter_field() {
  if (is_choice(field_)) {
    form_.change(field_, +1);
  } else {
    writes_ = true;
  }
}

bool Model::press_in_form(const Key& key) {
  if (key.kind == Kind::up || key.is("k")) {
    select_field(-1);
  } else if (key.kind == Kind::down || key.is("j")) {
    select_field(+1);
  } else if (key.kind == Kind::enter) {
    enter_field();
  } else if (key.kind == Kind::left || key.kind == Kind::right) {
    const int by = key.kind == Kind::left ? -1 : +1;
    if (field_ == Field::name) {
      next_configuration(by);
    } else if (is_choice(field_)) {
      form_.change(field_, by);
    }
  } else if (key.is(" ") && is_choice(field_)) {
    form_.change(field_, +1);
  } else if (key.is("s")) {
    save();
  } else if (key.is("l")) {
    load(form_.name());
  } else {
    return false;
  }
  return true;
}

bool Model::press_in_field(const Key& key) {
  auto& edit = form_.edit(field_);
  if (key.kind == Kind::escape) {
    writes_ = false;
    return true;
  }
  if (key.kind == Kind::tab || key.kind == Kind::back_tab) {
    select_field(key.kind == Kind::tab ? +1 : -1);
    writes_ = !is_choice(field_);
    return true;
  }
  if (key.kind == Kind::enter && !edit.has_lines()) {
    writes_ = false;
    return true;
  }
  return edit.press(key);
}

bool Model::press_in_execute(const Key& key) {
  if (key.kind == Kind::enter) {
    execute();
  } else if (key.is("x")) {
    cancel();
  } else if (key.kind == Kind::left || key.kind == Kind::right) {
    next_agent(key.kind == Kind::left ? -1 : +1);
  } else if (key.is("a")) {
    next_address();
  } else if (key.is("p")) {
    by_agent_.clear();
    from_address_.clear();
  } else if (const auto steps = steps_of(key, page_)) {
    return scroll(static_cast<int>(*steps));
  } else {
    return false;
  }
  return true;
}

void Model::click(const Clicked& clicked) {
  said_.clear();
  switch (clicked.kind) {
    case Clicked::Kind::view:
      return show(kViews.at(clicked.index));
    case Clicked::Kind::row: {
      const auto found = rows();
      auto& its = *table();
      // A second click on it is a closer look.
      const bool again = clicked.index < found.size() && its.selected == found[clicked.index].id;
      its.select(found, static_cast<std::ptrdiff_t>(clicked.index));
      if (again) look_closer();
      return;
    }
    case Clicked::Kind::column:
      return table()->sort_by(clicked.index);
    case Clicked::Kind::field:
      field_ = kFields.at(clicked.index);
      writes_ = false;
      return enter_field();
    case Clicked::Kind::save:
      return save();
    case Clicked::Kind::load:
      return load(form_.name());
    case Clicked::Kind::execute:
      return execute();
    case Clicked::Kind::cancel:
      return cancel();
    case Clicked::Kind::agent:
      return next_agent(+1);
    case Clicked::Kind::address:
      return next_address();
  }
}

}  // namespace dispatch::cli::monitor
