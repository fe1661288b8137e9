#!/usr/bin/env bash
# Runs a named program on a GPU machine that may have no build tools.
#
#   examples/gpu/benchmark.sh pack DIR   here: builds the application and puts it, without natives, into DIR
#   DIR/benchmark.sh run NAME [ARGS...]  there: runs NAME, for example gpu-benchmark --json out.json; or
#                                        NAME = test, which runs the tests that need a GPU
#
# There, JAVA names the java to use (default: java), NATIVES a folder with LibTorch's CUDA natives and Bytedeco's jars
# beside it in lib/ (default: the natives are in the classpath). CUDA's own libraries are looked for in
# LD_LIBRARY_PATH, in the machine's Python packages, and in /usr/local/cuda.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

pack() { # DIR
  local out=$1 root=$here/../..
  (cd "$root" && mvn ${MAVEN_OPTIONS:--B -ntp} -q -Dquick package && mvn ${MAVEN_OPTIONS:--B -ntp} -q -pl nemotron-core,nemotron-nas test-compile)
  rm -rf "$out" && mkdir -p "$out/lib" "$out/tests"
  cp "$root/examples/target/nemotron.jar" "$here/benchmark.sh" "$out/"
  cp "$root"/examples/target/lib/*.jar "$out/lib/"
  cp -r "$here/plans" "$out/"
  rm -f "$out"/lib/*-linux-x86_64*.jar "$out"/lib/ortools-linux-* "$out"/lib/{javacpp,openblas,pytorch,cuda}-*.jar
  if command -v zip >/dev/null; then # what other systems need
    zip -q -d "$out"/lib/tokenizers-*.jar 'native/lib/osx*' 'native/lib/win*' 'native/lib/linux-aarch64*'
  fi
  cp -r "$root"/nemotron-{core,nas}/target/test-classes/org "$out/tests/"
  local jars # through a file: Maven may color what it prints
  jars=$(realpath "$out")/tests/classpath
  (cd "$root" && mvn ${MAVEN_OPTIONS:--B -ntp} -q -pl nemotron-core dependency:build-classpath -Dmdep.outputFile="$jars" -Dmdep.includeScope=test)
  tr ':' '\n' <"$jars" | grep -E '/(junit|assertj|archunit|opentest4j|apiguardian)[^/]*\.jar$' | xargs -I{} cp {} "$out/tests/"
  rm "$jars"
  local console=org.junit.platform:junit-platform-console-standalone:1.13.4
  (cd "$root" && mvn ${MAVEN_OPTIONS:--B -ntp} -q dependency:copy -Dartifact=$console -DoutputDirectory="$(cd "$out" && pwd)/tests")
}

run() { # NAME [ARGS...]
  local site natives=() classpath=$here/nemotron.jar:$here/lib/*
  site=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' 2>/dev/null || true)
  local cuda
  cuda=$( (ls -d "$site"/nvidia/*/lib /usr/local/cuda/lib64 /usr/local/cuda/extras/CUPTI/lib64 2>/dev/null || true) | tr '\n' ':')
  export LD_LIBRARY_PATH=${NATIVES:-}:$cuda${LD_LIBRARY_PATH:-}
  if [ -n "${NATIVES:-}" ]; then
    # JavaCPP copies OpenBLAS here under a second name. Found here first, that copy is LibTorch's too; otherwise the
    # number of threads is set in one copy and LibTorch's products use all cores in the other.
    local cache=${TMPDIR:-/tmp}/nemotron-natives
    mkdir -p "$cache/$(basename "$NATIVES")"
    LD_LIBRARY_PATH=$cache/$(basename "$NATIVES"):$LD_LIBRARY_PATH
    natives=(-Djava.library.path="$NATIVES" -Dorg.bytedeco.javacpp.pathsFirst=true -Dorg.bytedeco.javacpp.cachedir="$cache")
    classpath=$classpath:$(dirname "$NATIVES")/lib/*
  fi
  local java=(${JAVA:-java} --enable-native-access=ALL-UNNAMED "${natives[@]}" ${JAVA_OPTS:-})
  if [ "$1" = test ]; then
    exec "${java[@]}" -cp "$here/tests:$here/tests/*:$classpath" org.junit.platform.console.ConsoleLauncher execute \
      --disable-banner --details=tree --include-classname='.*[.]Gpu.*Test' --scan-classpath="$here/tests" "${@:2}"
  fi
  exec "${java[@]}" -cp "$classpath" org.nemotron.examples.Main "$@"
}

"$@"
