#!/usr/bin/env bash
# Lays out what an image from scratch needs beside our jars: a Java runtime with the modules in use, and the C libraries
# that it and the natives need, from this machine. Called by mvn -Pcontainer.
#   examples/container/root.sh FOLDER
set -euo pipefail
root=$1
java_home=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v jlink)")")")}
modules=java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,jdk.management,jdk.unsupported

rm -rf "$root"
mkdir -p "$root/opt" "$root/etc" "$root/tmp"
"$java_home/bin/jlink" --module-path "$java_home/jmods" --add-modules "$modules" \
  --strip-java-debug-attributes --no-header-files --no-man-pages --compress=2 --output "$root/opt/java"
"$root/opt/java/bin/java" -Xshare:dump >/dev/null # classes that start faster

needed() { # the libraries of the runtime, and what natives name besides
  find "$root/opt/java" -type f \( -name '*.so' -o -path '*/bin/java' \) -print0 | xargs -0 ldd 2>/dev/null \
    | sed -n -E 's#.* => (/[^ ]+) .*#\1#p; s#^[[:space:]]+(/[^ ]+ld-linux[^ ]+) .*#\1#p' \
    | grep -v "^$root"
  /sbin/ldconfig -p | sed -n -E 's#^[[:space:]]+(libstdc\+\+\.so\.6|libgcc_s\.so\.1|lib(m|dl|pthread|rt|resolv|util)\.so\.[0-9]) \(.*=> (/.*)#\3#p' \
    | grep "$(uname -m)"
}
needed | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done

printf 'nemotron:x:1000:1000::/tmp:/nologin\n' >"$root/etc/passwd"
printf 'nemotron:x:1000:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
printf '%s\n' 'Libraries of glibc and GCC (LGPL-2.1, GPL-3.0 with the runtime exception), zlib, OpenJDK (GPL-2.0 with the' \
  'classpath exception), as the machine that built this image has them.' >"$root/opt/LICENSES"
touch "$root/tmp/.keep"
