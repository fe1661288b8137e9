package org.nemotron.runtime.chat;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.JinjavaInterpreter.InterpreterScopeClosable;
import com.hubspot.jinjava.lib.tag.ForTag;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.tree.parse.TagToken;
import com.hubspot.jinjava.util.ForLoop;
import com.hubspot.jinjava.util.ObjectIterator;
import com.hubspot.jinjava.util.ObjectTruthValue;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.lang3.tuple.Pair;
import org.jspecify.annotations.Nullable;

/**
 * A loop that Jinjava lacks in two ways: with a condition ({@code for m in messages if m.role ==
 * 'user'}), and with a limit on all rounds of one rendering.
 */
final class BoundedForTag extends ForTag {
  private static final long serialVersionUID = 1;

  /** The names, what is looped over, and the condition; a conditional expression has an else. */
  private static final Pattern CONDITION = Pattern.compile("(?s)(.*?\\sin\\s.*?)\\sif\\s(.*)");

  private static final Pattern ELSE = Pattern.compile("(?s).*\\selse\\s.*");

  @Override
  public String interpretUnchecked(TagNode node, JinjavaInterpreter interpreter) {
    TagToken token = (TagToken) node.getMaster();
    Pair<List<String>, String> names = getLoopVarsAndExpression(token);
    @Nullable Object collection =
        interpreter.resolveELExpression(names.getRight(), node.getLineNumber());
    Matcher matcher = CONDITION.matcher(token.getHelpers());
    if (isFiltered(matcher)) {
      collection = filtered(collection, names.getLeft(), matcher.group(2), node, interpreter);
    }
    List<Object> elements = elements(collection);
    count(elements.size(), interpreter);
    return renderForCollection(node, interpreter, names.getLeft(), elements);
  }

  private static boolean isFiltered(Matcher matcher) {
    return matcher.matches() && !ELSE.matcher(matcher.group(2)).matches();
  }

  @Override
  public Pair<List<String>, String> getLoopVarsAndExpression(TagToken token) {
    Pair<List<String>, String> whole = super.getLoopVarsAndExpression(token);
    Matcher matcher = CONDITION.matcher(token.getHelpers());
    if (!isFiltered(matcher)) {
      return whole;
    }
    String head = matcher.group(1);
    return Pair.of(whole.getLeft(), head.substring(head.indexOf(" in ") + " in ".length()));
  }

  private static List<Object> filtered(
      @Nullable Object collection,
      List<String> names,
      String condition,
      TagNode node,
      JinjavaInterpreter interpreter) {
    List<Object> kept = new ArrayList<>();
    for (Object element : elements(collection)) {
      count(1, interpreter);
      try (InterpreterScopeClosable scope = interpreter.enterScope()) {
        interpreter.getContext().put(names.get(0), interpreter.wrap(element));
        if (ObjectTruthValue.evaluate(
            interpreter.resolveELExpression(condition, node.getLineNumber()))) {
          kept.add(element);
        }
      }
    }
    return kept;
  }

  private static List<Object> elements(@Nullable Object collection) {
    if (collection instanceof CharSequence) {
      return collection.toString().codePoints().<Object>mapToObj(Character::toString).toList();
    }
    List<Object> elements = new ArrayList<>();
    ForLoop loop = ObjectIterator.getLoop(collection);
    while (loop.hasNext()) {
      elements.add(loop.next());
    }
    return elements;
  }

  private static void count(int rounds, JinjavaInterpreter interpreter) {
    if (interpreter.getContext().get(RoundBudget.KEY) instanceof RoundBudget budget) {
      budget.spend(rounds);
    }
  }
}
