// Headers that nearly every test reads, and that rarely change.
#pragma once

#include "third_party/pch.hpp"

#include <boost/test/unit_test.hpp>
