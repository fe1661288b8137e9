package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The names that the statements of one scope read and assign, in their order.
 *
 * <p>Jinja2 compiles scopes: a name that a scope assigns before it reads it, and that no scope
 * around it names, is a variable of that scope from its beginning, undefined so far, even where the
 * caller gives a variable of this name. Scopes within read that one. A name that is assigned under
 * a condition is not hidden so.
 */
final class FrameNames {
  private final @Nullable FrameNames outer;
  private final Set<String> known = new HashSet<>();
  private final Set<String> stored = new HashSet<>();
  private final Set<String> hidden = new HashSet<>();

  /** Makes the names of a scope within another one. */
  FrameNames(@Nullable FrameNames outer) {
    this.outer = outer;
  }

  private FrameNames copy() {
    FrameNames copy = new FrameNames(outer);
    copy.known.addAll(known);
    copy.stored.addAll(stored);
    copy.hidden.addAll(hidden);
    return copy;
  }

  /** Takes note of a parameter, which has a value when the scope begins. */
  void parameter(String name) {
    known.add(name);
    stored.add(name);
  }

  /** Takes note of a name that is read. */
  void load(String name) {
    if (!knows(name)) {
      known.add(name);
    }
  }

  /** Takes note of the names that an expression reads. */
  void load(Expression expression) {
    if (expression instanceof Expression.Name name) {
      load(name.name());
    }
    expression.parts().forEach(this::load);
  }

  /** Takes note of a name that is assigned. */
  void store(String name) {
    stored.add(name);
    if (known.add(name) && (outer == null || !outer.knows(name))) {
      hidden.add(name);
    }
  }

  private boolean knows(String name) {
    return known.contains(name) || (outer != null && outer.knows(name));
  }

  /** Takes note of statements of which some are executed. */
  void branches(List<Consumer<FrameNames>> branches) {
    Set<String> conditional = new HashSet<>();
    List<FrameNames> frames =
        branches.stream()
            .map(
                branch -> {
                  FrameNames frame = copy();
                  branch.accept(frame);
                  return frame;
                })
            .toList();
    for (FrameNames frame : frames) {
      conditional.addAll(Sets.difference(frame.stored, stored));
    }
    for (FrameNames frame : frames) {
      known.addAll(frame.known);
      stored.addAll(frame.stored);
      hidden.addAll(frame.hidden);
    }
    hidden.removeAll(conditional);
  }

  /** Returns the names that are undefined when the scope begins. */
  ImmutableSet<String> hidden() {
    return ImmutableSet.copyOf(hidden);
  }
}
