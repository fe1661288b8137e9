package org.nemotron.nas.report;

import java.util.Locale;
import org.nemotron.nas.report.html.Mark;

/** The role of a measured model in a run, with its name in tables and its mark in charts. */
public enum Role {
  /** The model that was compressed. */
  PARENT("parent", Mark.CIRCLE),
  /** The finished child. */
  CHILD("child", Mark.DIAMOND),
  /** The child as assembled, before global distillation. */
  ASSEMBLED("before distillation", Mark.DIAMOND),
  /** The greedy search's child within the same budget. */
  GREEDY("greedy", Mark.TRIANGLE_UP),
  /** A random architecture within the same budget. */
  RANDOM("random", Mark.SQUARE),
  /** The child's architecture with starting weights alone, without local distillation. */
  UNTRAINED("untrained", Mark.TRIANGLE_DOWN);

  private final String label;
  private final Mark mark;

  Role(String label, Mark mark) {
    this.label = label;
    this.mark = mark;
  }

  /** Returns the name in tables and charts. */
  public String label() {
    return label;
  }

  /** Returns what the figures of {@code other} are called where this baseline found nothing. */
  public String standIn(String other) {
    return label + " found none: " + other;
  }

  /** Returns the shape that tells it from the others without color. */
  public Mark mark() {
    return mark;
  }

  /** Returns the class of its color in the style sheet. */
  public String style() {
    return "c-" + name().toLowerCase(Locale.ROOT);
  }
}
