package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** The names that are undefined when a scope of a template begins: see {@link FrameNames}. */
final class HiddenNames {
  private final IdentityHashMap<Statement.Block, ImmutableSet<String>> byBlock =
      new IdentityHashMap<>();

  private HiddenNames() {}

  /** Returns those of all scopes of a template. */
  static HiddenNames of(Statement.Block template) {
    HiddenNames names = new HiddenNames();
    names.analyze(new Statement.InnerScope(template), null);
    return names;
  }

  private void analyze(Statement.InnerScope scope, @Nullable FrameNames outer) {
    FrameNames frame = new FrameNames(outer);
    scope.parameters().forEach(frame::parameter);
    scope.read().forEach(frame::load);
    scope.body().declare(frame);
    if (!frame.hidden().isEmpty()) {
      byBlock.put(scope.body(), frame.hidden());
    }
    scope.body().scopes().forEach(inner -> analyze(inner, frame));
  }

  /** Returns the names that are undefined when the scope of a block begins. */
  ImmutableSet<String> in(Statement.Block block) {
    return byBlock.getOrDefault(block, ImmutableSet.of());
  }
}
