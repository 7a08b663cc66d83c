// Exceptions of C++ become those of dispatch._errors.
#pragma once

namespace dispatch::bindings {

// ScenarioError becomes ScenarioError with file, line, column and message; a net::ConfigError or
// an exception out of a run becomes EngineError; a UnitError becomes ValueError. Once per module.
void register_exceptions();

}  // namespace dispatch::bindings
