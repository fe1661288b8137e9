package org.nemotron.examples.published;

import com.google.common.collect.ImmutableList;

/**
 * Finds what breaks a program that was written against an earlier API.
 *
 * <p>Additions are compatible, but for an abstract method of a type that applications may
 * implement. Everything else that is no longer declared as before counts as broken, though some of
 * it (a method that ceases to be final) would still link: such a change is rare, and worth a look.
 */
final class ApiComparison {
  private final ApiListing before;
  private final ApiListing now;

  ApiComparison(ApiListing before, ApiListing now) {
    this.before = before;
    this.now = now;
  }

  /** Returns a sentence for each incompatible change; none when earlier programs go on working. */
  ImmutableList<String> incompatibilities() {
    ImmutableList.Builder<String> found = ImmutableList.builder();
    before
        .declarations()
        .forEach(
            (name, declaration) -> {
              String today = now.declarations().get(name);
              if (today == null) {
                found.add("%s is gone (was: %s)".formatted(name, declaration));
              } else if (!today.equals(declaration)) {
                found.add("%s is \"%s\" (was: \"%s\")".formatted(name, today, declaration));
              }
            });
    now.declarations()
        .forEach(
            (name, declaration) -> {
              if (!before.declarations().containsKey(name)
                  && declaration.contains(" abstract ")
                  && isImplementedElsewhere(name)) {
                found.add("%s asks those who implement it for a new method".formatted(name));
              }
            });
    return found.build();
  }

  /** Returns whether a member belongs to a type that earlier programs could implement. */
  private boolean isImplementedElsewhere(String member) {
    int end = member.indexOf('#');
    String owner = before.declarations().get(member.substring(0, Math.max(end, 0)));
    return owner != null && !owner.contains(" sealed ");
  }
}
