// The precompiled header needs one source to be compiled for.
