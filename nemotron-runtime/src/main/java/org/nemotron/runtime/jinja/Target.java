package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;

/** What a template assigns to. Immutable. */
sealed interface Target {
  /** Assigns a value. */
  void assign(Value value, Scope scope);

  /** Takes note of the names that are assigned, or read for it. */
  void declare(FrameNames names);

  /** Returns the variables that are assigned. */
  ImmutableList<String> variables();

  /** A variable of the innermost scope. */
  record Variable(String name) implements Target {
    @Override
    public void declare(FrameNames names) {
      names.store(name);
    }

    @Override
    public ImmutableList<String> variables() {
      return ImmutableList.of(name);
    }

    @Override
    public void assign(Value value, Scope scope) {
      scope.set(name, value);
    }
  }

  /** An attribute of a namespace. */
  record NamespaceAttribute(String namespace, String name) implements Target {
    @Override
    public void declare(FrameNames names) {
      names.load(namespace);
    }

    @Override
    public ImmutableList<String> variables() {
      return ImmutableList.of();
    }

    @Override
    public void assign(Value value, Scope scope) {
      if (!(scope.get(namespace) instanceof Namespace found)) {
        throw new JinjaException("cannot assign attribute on non-namespace object");
      }
      found.set(name, value);
    }
  }

  /** Several, which the elements of a value are assigned to. */
  record Several(ImmutableList<Target> targets) implements Target {
    @Override
    public void declare(FrameNames names) {
      targets.forEach(target -> target.declare(names));
    }

    @Override
    public ImmutableList<String> variables() {
      return targets.stream()
          .flatMap(target -> target.variables().stream())
          .collect(ImmutableList.toImmutableList());
    }

    @Override
    public void assign(Value value, Scope scope) {
      if (!value.isIterable()) {
        throw new JinjaException("cannot unpack non-iterable " + value.typeName() + " object");
      }
      ImmutableList<Value> values = ImmutableList.copyOf(value.iterate());
      if (values.size() > targets.size()) {
        throw new JinjaException("too many values to unpack (expected " + targets.size() + ")");
      }
      if (values.size() < targets.size()) {
        throw new JinjaException(
            "not enough values to unpack (expected "
                + targets.size()
                + ", got "
                + values.size()
                + ")");
      }
      for (int place = 0; place < targets.size(); place++) {
        targets.get(place).assign(values.get(place), scope);
      }
    }
  }
}
