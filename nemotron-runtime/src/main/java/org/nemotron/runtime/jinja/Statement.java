package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableList;

/** A part of a template that writes, assigns, or decides what does. Immutable. */
sealed interface Statement
    permits Statement.Block,
        ForLoop,
        Statement.Located,
        Statement.Write,
        Statement.Print,
        Statement.If,
        Statement.Set,
        Statement.SetBlock,
        Statement.With,
        Statement.FilterBlock,
        Statement.Scoped,
        Statement.DefineMacro,
        Statement.CallBlock,
        Statement.Jump {

  /** Where a template goes on after a statement. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  /** Executes the statement. */
  Flow execute(Scope scope, Output out);

  /** Takes note of the names that the statement reads and assigns in its own scope. */
  void declare(FrameNames names);

  /** Takes note of how the statement, and those within, use the content of messages. */
  void trace(ContentUse use);

  /** Returns the scopes within. */
  default ImmutableList<InnerScope> scopes() {
    return ImmutableList.of();
  }

  /**
   * A block with a scope of its own.
   *
   * @param parameters the variables that it begins with
   * @param read what is evaluated when it begins
   */
  record InnerScope(Block body, ImmutableList<String> parameters, ImmutableList<Expression> read) {
    InnerScope(Block body) {
      this(body, ImmutableList.of(), ImmutableList.of());
    }

    static InnerScope of(Macro.Definition macro) {
      return new InnerScope(macro.body(), macro.parameters(), macro.defaults());
    }
  }

  /** Several statements in their order. */
  record Block(ImmutableList<Statement> statements) implements Statement {
    static final Block EMPTY = new Block(ImmutableList.of());

    @Override
    public void declare(FrameNames names) {
      statements.forEach(statement -> statement.declare(names));
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return statements.stream()
          .flatMap(statement -> statement.scopes().stream())
          .collect(ImmutableList.toImmutableList());
    }

    @Override
    public void trace(ContentUse use) {
      statements.forEach(statement -> statement.trace(use));
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      for (Statement statement : statements) {
        Flow flow = statement.execute(scope, out);
        if (flow != Flow.NEXT) {
          return flow;
        }
      }
      return Flow.NEXT;
    }

    /** Returns what the block writes in a scope. */
    Text text(Scope scope) {
      Output out = new Output();
      Flow flow = execute(scope, out);
      if (flow != Flow.NEXT) {
        throw new JinjaException("'" + flow + "' outside loop");
      }
      return new Text(out.toString());
    }
  }

  /** A statement with the line where it begins. */
  record Located(int line, Statement statement) implements Statement {
    @Override
    public void declare(FrameNames names) {
      statement.declare(names);
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return statement.scopes();
    }

    @Override
    public void trace(ContentUse use) {
      statement.trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      try {
        scope.rendering().budget().spend();
        return statement.execute(scope, out);
      } catch (JinjaException e) {
        throw e.atLine(line);
      }
    }
  }

  /** Text that is written as it stands. */
  record Write(String text) implements Statement {
    @Override
    public void declare(FrameNames names) {}

    @Override
    public void trace(ContentUse use) {}

    @Override
    public Flow execute(Scope scope, Output out) {
      out.append(text);
      return Flow.NEXT;
    }
  }

  /** {@code {{ expression }}}. */
  record Print(Expression expression) implements Statement {
    @Override
    public void declare(FrameNames names) {
      names.load(expression);
    }

    @Override
    public void trace(ContentUse use) {
      use.read(expression);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      Value value = expression.evaluate(scope);
      scope.rendering().budget().spend(value.weight());
      out.append(value.str());
      return Flow.NEXT;
    }
  }

  /** {@code if}; an {@code elif} is an If within the else. */
  record If(Expression condition, Block then, Block otherwise) implements Statement {
    @Override
    public void declare(FrameNames names) {
      names.load(condition);
      names.branches(ImmutableList.of(then::declare, otherwise::declare));
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.<InnerScope>builder()
          .addAll(then.scopes())
          .addAll(otherwise.scopes())
          .build();
    }

    @Override
    public void trace(ContentUse use) {
      use.read(condition);
      then.trace(use);
      otherwise.trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      return (condition.evaluate(scope).truth() ? then : otherwise).execute(scope, out);
    }
  }

  /** {@code set target = expression}. */
  record Set(Target target, Expression expression) implements Statement {
    @Override
    public void declare(FrameNames names) {
      names.load(expression);
      target.declare(names);
    }

    @Override
    public void trace(ContentUse use) {
      use.assign(target, expression);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      target.assign(expression.evaluate(scope), scope);
      return Flow.NEXT;
    }
  }

  /** {@code set target | filter}, then what is assigned, then {@code endset}. */
  record SetBlock(Target target, BlockFilter filter, Block body) implements Statement {
    @Override
    public void declare(FrameNames names) {
      target.declare(names);
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.of(new InnerScope(body));
    }

    @Override
    public void trace(ContentUse use) {
      filter.filters().forEach(use::read);
      body.trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      Scope inner = scope.inner(body);
      Text text = body.text(inner);
      target.assign(filter.apply(text, scope), scope);
      return Flow.NEXT;
    }
  }

  /** {@code filter name}, then what is filtered, then {@code endfilter}. */
  record FilterBlock(BlockFilter filter, Block body) implements Statement {
    @Override
    public void declare(FrameNames names) {
      filter.filters().forEach(names::load);
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.of(new InnerScope(body));
    }

    @Override
    public void trace(ContentUse use) {
      filter.filters().forEach(use::read);
      body.trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      Value filtered = filter.apply(body.text(scope.inner(body)), scope);
      if (!(filtered instanceof Text text)) {
        throw new JinjaException(
            "sequence item 0: expected str instance, " + filtered.typeName() + " found");
      }
      out.append(text.value());
      return Flow.NEXT;
    }
  }

  /** {@code with a = 1, b = 2}: variables of a scope of their own. */
  record With(ImmutableList<Target> targets, ImmutableList<Expression> values, Block body)
      implements Statement {
    @Override
    public void declare(FrameNames names) {
      values.forEach(names::load);
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.of(
          new InnerScope(
              body,
              targets.stream()
                  .flatMap(target -> target.variables().stream())
                  .collect(ImmutableList.toImmutableList()),
              ImmutableList.of()));
    }

    @Override
    public void trace(ContentUse use) {
      for (int place = 0; place < targets.size(); place++) {
        use.assign(targets.get(place), values.get(place));
      }
      body.trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      Scope inner = scope.inner(body);
      for (int place = 0; place < targets.size(); place++) {
        targets.get(place).assign(values.get(place).evaluate(scope), inner);
      }
      return body.execute(inner, out);
    }
  }

  /** A block with a scope of its own: what {@code generation} marks. */
  record Scoped(Block body) implements Statement {
    @Override
    public void declare(FrameNames names) {
      // reads and assigns nothing itself
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.of(new InnerScope(body));
    }

    @Override
    public void trace(ContentUse use) {
      body.trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      out.append(body.text(scope.inner(body)).value());
      return Flow.NEXT;
    }
  }

  /** {@code macro name(parameters)}. */
  record DefineMacro(Macro.Definition definition) implements Statement {
    @Override
    public void declare(FrameNames names) {
      names.store(definition.name());
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.of(InnerScope.of(definition));
    }

    @Override
    public void trace(ContentUse use) {
      use.define(definition);
      definition.body().trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      scope.set(definition.name(), new Macro(definition, scope));
      return Flow.NEXT;
    }
  }

  /** {@code call(parameters) function(…)}: a call whose caller is the block. */
  record CallBlock(Macro.Definition caller, Expression.Call call) implements Statement {
    @Override
    public void declare(FrameNames names) {
      names.load(call);
    }

    @Override
    public ImmutableList<InnerScope> scopes() {
      return ImmutableList.of(InnerScope.of(caller));
    }

    @Override
    public void trace(ContentUse use) {
      use.read(call);
      caller.body().trace(use);
    }

    @Override
    public Flow execute(Scope scope, Output out) {
      out.append(call.evaluate(scope, "caller", new Macro(caller, scope)).str());
      return Flow.NEXT;
    }
  }

  /** {@code break} or {@code continue}. */
  record Jump(Flow flow) implements Statement {
    @Override
    public void declare(FrameNames names) {}

    @Override
    public void trace(ContentUse use) {}

    @Override
    public Flow execute(Scope scope, Output out) {
      return flow;
    }
  }
}
