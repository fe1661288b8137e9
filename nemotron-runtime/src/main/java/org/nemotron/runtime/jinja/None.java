package org.nemotron.runtime.jinja;

/** Python's None. */
public enum None implements Value {
  NONE;

  @Override
  public String typeName() {
    return "NoneType";
  }

  @Override
  public boolean truth() {
    return false;
  }

  @Override
  public String repr() {
    return "None";
  }
}
