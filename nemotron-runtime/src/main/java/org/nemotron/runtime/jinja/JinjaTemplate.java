package org.nemotron.runtime.jinja;

import java.time.LocalDateTime;
import java.util.Map;
import java.util.function.Supplier;

/** A template that was parsed. Immutable, and safe for use by several threads. */
public final class JinjaTemplate {
  private final String source;
  private final Statement.Block statements;
  private final HiddenNames hidden;
  private final boolean readsParts;

  private JinjaTemplate(String source, Statement.Block statements) {
    this.source = source;
    this.statements = statements;
    this.hidden = HiddenNames.of(statements);
    this.readsParts = ContentUse.readsParts(statements);
  }

  /**
   * Returns the template of a source.
   *
   * @throws JinjaException if the source is not Jinja, or uses what is not known here
   */
  public static JinjaTemplate parse(String source) {
    return new JinjaTemplate(source, Parser.parse(source));
  }

  /** Returns the source. */
  public String source() {
    return source;
  }

  /**
   * Returns whether the template walks over the content of {@code messages}, and so takes a list of
   * parts there; one that does not takes a text.
   */
  public boolean readsContentParts() {
    return readsParts;
  }

  /**
   * Returns what the template writes.
   *
   * @param variables the values by name; they go before the functions that every template has
   * @param clock what {@code strftime_now} asks
   * @throws JinjaException if the template fails, raises an exception, or works too long
   */
  public String render(Map<String, Value> variables, Supplier<LocalDateTime> clock) {
    Scope scope = Scope.root(new Rendering(hidden, clock));
    Globals.ALL.forEach(scope::set);
    variables.forEach(scope::set);
    try {
      return statements.text(scope.inner(statements)).value();
    } catch (StackOverflowError e) {
      throw new JinjaException("the template is nested too deeply");
    }
  }
}
