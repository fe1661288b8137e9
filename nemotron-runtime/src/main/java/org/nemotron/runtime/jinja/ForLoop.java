package org.nemotron.runtime.jinja;

import com.google.common.collect.AbstractIterator;
import com.google.common.collect.ImmutableList;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * {@code for target in iterable if condition}, with or without {@code recursive} and {@code else}.
 *
 * @param condition which elements take part; null for all
 * @param otherwise what is executed where no round comes to the end of the body
 */
record ForLoop(
    Target target,
    Expression iterable,
    @Nullable Expression condition,
    boolean recursive,
    Statement.Block body,
    Statement.Block otherwise)
    implements Statement {

  @Override
  public Flow execute(Scope scope, Output out) {
    run(iterable.evaluate(scope), scope, out, 0);
    return Flow.NEXT;
  }

  @Override
  public void declare(FrameNames names) {
    names.load(iterable);
  }

  @Override
  public void trace(ContentUse use) {
    use.loop(target, iterable);
    if (condition != null) {
      use.read(condition);
    }
    body.trace(use);
    otherwise.trace(use);
  }

  @Override
  public ImmutableList<InnerScope> scopes() {
    ImmutableList<String> parameters =
        ImmutableList.<String>builder().add("loop").addAll(target.variables()).build();
    return ImmutableList.of(
        new InnerScope(body, parameters, ImmutableList.of()), new InnerScope(otherwise));
  }

  /** Runs the loop over {@code values}, {@code depth} loops within itself. */
  private void run(Value values, Scope scope, Output out, int depth) {
    Value looped =
        condition == null
            ? values
            : IteratorValue.generator(filtered(values.iterate(), condition, scope));
    LoopValue loop =
        new LoopValue(looped, recursive ? inner -> rendered(inner, scope, depth + 1) : null, depth);
    boolean completed = false;
    while (loop.advance()) {
      scope.rendering().budget().spend();
      Scope inner = scope.inner(body);
      target.assign(loop.current(), inner);
      inner.set("loop", loop);
      Flow flow = body.execute(inner, out);
      completed |= flow == Flow.NEXT;
      if (flow == Flow.BREAK) {
        break;
      }
    }
    if (!completed) {
      Flow unused = otherwise.execute(scope.inner(otherwise), out);
    }
  }

  private Text rendered(Value values, Scope scope, int depth) {
    Budget budget = scope.rendering().budget();
    budget.enter();
    Output out = new Output();
    run(values, scope, out, depth);
    budget.leave();
    return new Text(out.toString());
  }

  private Iterator<Value> filtered(Iterator<Value> elements, Expression test, Scope scope) {
    return new AbstractIterator<>() {
      @Override
      protected @Nullable Value computeNext() {
        while (elements.hasNext()) {
          Value element = elements.next();
          scope.rendering().budget().spend();
          Scope inner = scope.inner();
          target.assign(element, inner);
          if (test.evaluate(inner).truth()) {
            return element;
          }
        }
        return endOfData();
      }
    };
  }
}
