package org.example.clients;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Counts cases, and keeps the names and reasons of those that fail. */
final class Cases {
  private final String client;
  private final List<String> failures = new ArrayList<>();
  private int passed;

  Cases(String client) {
    this.client = client;
  }

  /** A case; throws where it fails. */
  interface Case {
    void run() throws Exception;
  }

  void add(String name, Case one) {
    try {
      one.run();
      passed++;
    } catch (Exception | AssertionError e) {
      failures.add(client + ", " + name + ": " + e);
    }
  }

  static void check(boolean holds, Object seen) {
    if (!holds) {
      throw new AssertionError(String.valueOf(seen));
    }
  }

  static void same(Object seen, Object wanted) {
    check(Objects.equals(seen, wanted), "<" + seen + "> must be <" + wanted + ">");
  }

  /** Returns the exception of a kind that a case throws. */
  static <E extends Exception> E thrown(Class<E> kind, Case one) throws Exception {
    try {
      one.run();
    } catch (Exception e) {
      if (kind.isInstance(e)) {
        return kind.cast(e);
      }
      throw e;
    }
    throw new AssertionError(kind.getSimpleName() + " was not thrown");
  }

  /** Prints how many passed, and returns how many did not. */
  int report() {
    System.out.println(client + ": " + passed + " cases passed, " + failures.size() + " failed");
    failures.forEach(System.out::println);
    return failures.size();
  }
}
