package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;

/** Filters of the text of a block, the first one first. */
record BlockFilter(ImmutableList<Expression.Filtered> filters) {
  Value apply(Value text, Scope scope) {
    Value value = text;
    for (Expression.Filtered filter : filters) {
      value = filter.apply(value, scope);
    }
    return value;
  }
}
