# Sourced by the commands of the root folder, which stand there and have set pipefail.

# build PRESET [TARGET...]: builds a CMake preset. Shows how far it is, and where it fails the
# compiler's words; the rest goes to build/PRESET.log.
build() {
  local preset=$1
  shift
  local log=build/$preset.log began=$SECONDS targets=() terminal=0
  [ $# = 0 ] || targets=(--target "$@")
  [ ! -t 1 ] || terminal=1
  mkdir -p build
  echo "Building $preset (log: $log)"
  cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
  cmake --build --preset "$preset" "${targets[@]}" 2>&1 | tee -a "$log" |
    awk -v terminal="$terminal" '
      match($0, /^\[[0-9]+\/[0-9]+\]/) {
        split(substr($0, 2, RLENGTH - 2), step, "/")
        if (terminal) printf "\r\033[K%.79s", $0
        else if (int(step[1] * 4 / step[2]) > quarter) print "  " step[1] " of " step[2]
        quarter = int(step[1] * 4 / step[2])
        fflush()
      }
      END { if (terminal) printf "\r\033[K" }' || { compiler_errors "$log" >&2; return 1; }
  echo "Built $preset in $((SECONDS - began)) s"
}

# Ninja's report of failed commands: from the first on.
compiler_errors() {  # LOG
  sed -n '/^FAILED:/,$p' "$1" | head -n 200
}
