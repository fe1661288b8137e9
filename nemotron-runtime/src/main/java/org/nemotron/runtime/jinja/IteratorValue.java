package org.nemotron.runtime.jinja;

import java.util.Iterator;

/**
 * An iterator of Python's, as generators are: true whatever it holds, without a length, and read
 * once. Many filters return one.
 */
final class IteratorValue implements Value {
  private final String typeName;
  private final Iterator<Value> elements;

  IteratorValue(String typeName, Iterator<Value> elements) {
    this.typeName = typeName;
    this.elements = elements;
  }

  /** Returns a generator over {@code elements}. */
  static IteratorValue generator(Iterator<Value> elements) {
    return new IteratorValue("generator", elements);
  }

  @Override
  public String typeName() {
    return typeName;
  }

  @Override
  public boolean isIterable() {
    return true;
  }

  @Override
  public Iterator<Value> iterate() {
    return elements;
  }
}
