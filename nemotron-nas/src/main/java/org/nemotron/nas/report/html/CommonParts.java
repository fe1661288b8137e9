package org.nemotron.nas.report.html;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Iterator;
import java.util.Set;

/**
 * What several names of parts, {@code a, b, c}, have in common, so that it need be said only once.
 *
 * @param parts that all names have, in the order of the first
 */
record CommonParts(ImmutableSet<String> parts) {
  /**
   * Compares names.
   *
   * @param names at least one
   */
  static CommonParts of(Iterable<String> names) {
    Iterator<String> all = names.iterator();
    Set<String> common = partsOf(all.next());
    while (all.hasNext()) {
      common = Sets.intersection(common, partsOf(all.next())).immutableCopy();
    }
    return new CommonParts(ImmutableSet.copyOf(common));
  }

  private static ImmutableSet<String> partsOf(String name) {
    return ImmutableSet.copyOf(Splitter.on(", ").split(name));
  }

  /** Returns the parts that all names have; empty where there are none. */
  String all() {
    return Joiner.on(", ").join(parts);
  }

  /** Returns the parts of {@code name} that not all have; empty where there are none. */
  String without(String name) {
    return Joiner.on(", ").join(ImmutableList.copyOf(Sets.difference(partsOf(name), parts)));
  }
}
