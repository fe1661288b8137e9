package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Whether a template walks over the content of messages, and so takes a list of parts there; one
 * that does not would write the list as Python does.
 *
 * <p>The names that stand for messages, for one of them, and for its content are followed through
 * loops, assignments, namespaces, parameters of macros and the filters that keep elements, until
 * nothing new is found. A loop over the content, a filter that reads an attribute of its elements,
 * or the text or type of one of them is a use of its parts. Names count in the whole template, not
 * by scope. vLLM decides by the loops alone.
 */
final class ContentUse {
  private static final String CONTENT = "content";
  private static final ImmutableSet<String> PART_FIELDS = ImmutableSet.of("type", "text");

  /** Filters whose value has elements of what they filter. */
  private static final ImmutableSet<String> KEEPING =
      ImmutableSet.of(
          "list", "reverse", "sort", "unique", "select", "reject", "selectattr", "rejectattr");

  /** Filters whose value is one of the elements. */
  private static final ImmutableSet<String> TAKING = ImmutableSet.of("first", "last", "random");

  /** Filters that read an attribute of each element. */
  private static final ImmutableSet<String> READING =
      ImmutableSet.of("map", "selectattr", "rejectattr", "groupby");

  private static final ImmutableSet<String> DEFAULTS = ImmutableSet.of("default", "d");

  /** As many names in a row, each assigned before the one it is read from, as are followed. */
  private static final int MOST_PASSES = 32;

  /** What a value may be. */
  private enum Kind {
    MESSAGES,
    MESSAGE,
    CONTENT,
    PART
  }

  private final Map<String, EnumSet<Kind>> variables = new HashMap<>();
  private final Map<String, Macro.Definition> macros = new HashMap<>();
  private boolean changed;
  private boolean parts;

  private ContentUse() {}

  /** Returns whether a template uses the parts of a content. */
  static boolean readsParts(Statement.Block template) {
    ContentUse use = new ContentUse();
    use.store("messages", EnumSet.of(Kind.MESSAGES));
    for (int pass = 0; pass < MOST_PASSES && use.changed && !use.parts; pass++) {
      use.changed = false;
      template.trace(use);
    }
    return use.parts;
  }

  private void store(String variable, Set<Kind> kinds) {
    changed |= variables.computeIfAbsent(variable, name -> none()).addAll(kinds);
  }

  private static EnumSet<Kind> none() {
    return EnumSet.noneOf(Kind.class);
  }

  private static String attribute(String namespace, String name) {
    return namespace + "." + name;
  }

  /** Takes note of an expression that is evaluated. */
  void read(Expression expression) {
    EnumSet<Kind> unused = kinds(expression);
  }

  /** Takes note of an assignment. */
  void assign(Target target, Expression expression) {
    EnumSet<Kind> kinds = kinds(expression);
    if (target instanceof Target.NamespaceAttribute member) {
      store(attribute(member.namespace(), member.name()), kinds);
    }
    if (!(target instanceof Target.Variable variable)) {
      return;
    }
    store(variable.name(), kinds);
    if (expression instanceof Expression.Call call
        && call.function() instanceof Expression.Name function
        && function.name().equals("namespace")) {
      call.arguments()
          .named()
          .forEach((name, value) -> store(attribute(variable.name(), name), kinds(value)));
    }
  }

  /** Takes note of a loop. */
  void loop(Target target, Expression iterable) {
    EnumSet<Kind> looped = kinds(iterable);
    parts |= looped.contains(Kind.CONTENT);
    if (target instanceof Target.Variable variable) {
      store(variable.name(), elements(looped));
    }
  }

  /** Takes note of a macro. */
  void define(Macro.Definition macro) {
    changed |= macros.put(macro.name(), macro) == null;
    int first = macro.parameters().size() - macro.defaults().size();
    for (int i = 0; i < macro.defaults().size(); i++) {
      store(macro.parameters().get(first + i), kinds(macro.defaults().get(i)));
    }
  }

  /** Returns what the value of an expression may be. */
  private EnumSet<Kind> kinds(Expression expression) {
    if (expression instanceof Expression.Name name) {
      return variables.getOrDefault(name.name(), none()).clone();
    }
    if (expression instanceof Expression.Attribute attribute) {
      return member(attribute.subject(), attribute.name());
    }
    if (expression instanceof Expression.Item item) {
      return item(item);
    }
    if (expression instanceof Expression.Filtered filtered) {
      return filtered(filtered);
    }
    if (expression instanceof Expression.Call call) {
      return call(call);
    }
    EnumSet<Kind> all = none();
    for (Expression part : expression.parts()) { // long sums are deep: one frame for each
      all.addAll(kinds(part));
    }
    if (expression instanceof Expression.ListOf) {
      return all.contains(Kind.MESSAGE) ? EnumSet.of(Kind.MESSAGES) : none();
    }
    return keepsParts(expression) ? all : none();
  }

  /** Returns whether the value may be that of a part, or have its elements. */
  private static boolean keepsParts(Expression expression) {
    return expression instanceof Expression.Sliced
        || expression instanceof Expression.Conditional
        || expression instanceof Expression.And
        || expression instanceof Expression.Or
        || expression instanceof Expression.Binary;
  }

  private EnumSet<Kind> member(Expression subject, String name) {
    return member(kinds(subject), subject, name);
  }

  private EnumSet<Kind> member(Set<Kind> of, Expression subject, String name) {
    EnumSet<Kind> kinds = none();
    if (of.contains(Kind.MESSAGE) && name.equals(CONTENT)) {
      kinds.add(Kind.CONTENT);
    }
    parts |= of.contains(Kind.PART) && PART_FIELDS.contains(name);
    if (subject instanceof Expression.Name namespace) {
      kinds.addAll(variables.getOrDefault(attribute(namespace.name(), name), none()));
    }
    return kinds;
  }

  private EnumSet<Kind> item(Expression.Item item) {
    if (item.key() instanceof Expression.Constant key && key.value() instanceof Text name) {
      return member(item.subject(), name.value());
    }
    read(item.key());
    return elements(kinds(item.subject()));
  }

  private static EnumSet<Kind> elements(Set<Kind> kinds) {
    EnumSet<Kind> elements = none();
    if (kinds.contains(Kind.MESSAGES)) {
      elements.add(Kind.MESSAGE);
    }
    if (kinds.contains(Kind.CONTENT)) {
      elements.add(Kind.PART);
    }
    return elements;
  }

  private EnumSet<Kind> filtered(Expression.Filtered filtered) {
    EnumSet<Kind> subject = kinds(filtered.subject());
    EnumSet<Kind> arguments = none();
    filtered.arguments().parts().forEach(part -> arguments.addAll(kinds(part)));
    parts |= subject.contains(Kind.CONTENT) && READING.contains(filtered.name());
    if (DEFAULTS.contains(filtered.name())) {
      subject.addAll(arguments);
      return subject;
    }
    return KEEPING.contains(filtered.name())
        ? subject
        : TAKING.contains(filtered.name()) ? elements(subject) : none();
  }

  /** Every part is looked at once: calls within calls would double the work at each depth. */
  private EnumSet<Kind> call(Expression.Call call) {
    CallArguments arguments = call.arguments();
    if (call.function() instanceof Expression.Attribute method) {
      EnumSet<Kind> subject = kinds(method.subject());
      arguments.parts().forEach(this::read);
      boolean gets = method.name().equals("get") && !arguments.positional().isEmpty();
      return gets
              && arguments.positional().get(0) instanceof Expression.Constant key
              && key.value() instanceof Text name
          ? member(subject, method.subject(), name.value())
          : none();
    }
    read(call.function());
    if (call.function() instanceof Expression.Name name && macros.containsKey(name.name())) {
      pass(arguments, macros.get(name.name()));
    } else {
      arguments.parts().forEach(this::read);
    }
    return none();
  }

  private void pass(CallArguments arguments, Macro.Definition macro) {
    for (int i = 0; i < arguments.positional().size(); i++) {
      EnumSet<Kind> kinds = kinds(arguments.positional().get(i));
      if (i < macro.parameters().size()) {
        store(macro.parameters().get(i), kinds);
      }
    }
    arguments.named().forEach((name, value) -> store(name, kinds(value)));
  }
}
