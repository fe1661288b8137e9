package org.nemotron.runtime.chat;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.el.TypeConvertingMapELResolver;
import com.hubspot.jinjava.el.ext.ExtendedParser;
import com.hubspot.jinjava.el.ext.JinjavaListELResolver;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.Context.Library;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jinjava.javax.el.CompositeELResolver;

/**
 * Jinjava, set up as transformers sets up Jinja2, and shut off from the machine: no files, no Java
 * objects, no text evaluated twice; bounded output, values, loops and depth. Safe for use by
 * several threads.
 */
final class JinjaEngine {
  private static final int MAX_OUTPUT_CHARS = 1 << 24;
  private static final int MAX_ELEMENTS = 100_000;
  private static final int MAX_DEPTH = 32;

  /** What reads files, or needs libraries that only few of Jinjava's users have. */
  private static final ImmutableMap<Library, Set<String>> DISABLED =
      ImmutableMap.of(
          Library.TAG, ImmutableSet.of("include", "import", "from", "extends"),
          Library.FILTER, ImmutableSet.of("ipaddr", "ipv4", "ipv6", "log", "root"));

  private final Jinjava jinjava = new Jinjava(config());

  JinjaEngine() {
    jinjava.setResourceLocator(
        (name, charset, interpreter) -> {
          throw new ChatTemplateException("the chat template reads a file (" + name + ")");
        });
    Context context = jinjava.getGlobalContext();
    context.registerTag(new BoundedForTag());
    context.registerFilter(new PythonText());
    context.registerFilter(new PythonTrim());
    context.registerFilter(new PythonJson());
    context.addGlobalMacro(
        new TemplateFunction(
            "raise_exception",
            context,
            message -> {
              throw new ChatTemplateException(message);
            }));
    context.addGlobalMacro(
        new TemplateFunction(
            "strftime_now",
            context,
            format -> PythonDates.format(LocalDateTime.now(ZoneId.systemDefault()), format)));
  }

  private static JinjavaConfig config() {
    CompositeELResolver values = new CompositeELResolver();
    values.add(new JinjavaListELResolver(true));
    values.add(new TypeConvertingMapELResolver(true));
    values.add(new TemplateValues());
    return JinjavaConfig.newBuilder()
        .withElResolver(values)
        .withDisabled(DISABLED)
        .withNestedInterpretationEnabled(false)
        .withKeepTrailingNewline(true)
        .withMaxOutputSize(MAX_OUTPUT_CHARS)
        .withMaxStringLength(MAX_OUTPUT_CHARS)
        .withMaxListSize(MAX_ELEMENTS)
        .withMaxMapSize(MAX_ELEMENTS)
        .withRangeLimit(MAX_ELEMENTS)
        .withMaxRenderDepth(MAX_DEPTH)
        .withMaxMacroRecursionDepth(MAX_DEPTH)
        .withLegacyOverrides(likeJinja2())
        .build();
  }

  private static LegacyOverrides likeJinja2() {
    return LegacyOverrides.newBuilder()
        .withUsePyishObjectMapper(true)
        .withKeepNullableLoopValues(true)
        .withParseWhitespaceControlStrictly(true)
        .withUseNaturalOperatorPrecedence(true)
        .withIterateOverMapKeys(true)
        .withHandleBackslashInQuotesOnly(true)
        .withAllowAdjacentTextNodes(true)
        .build();
  }

  /**
   * Returns what a template makes of a conversation.
   *
   * @throws ChatTemplateException if it fails
   */
  String render(
      String canonical,
      ImmutableList<ChatMessage> messages,
      boolean addGenerationPrompt,
      ImmutableMap<String, String> specialTokens) {
    Map<String, Object> values = new HashMap<>(specialTokens);
    values.put("messages", turns(messages));
    values.put("add_generation_prompt", addGenerationPrompt);
    values.put("strftime_now", "strftime_now"); // "is defined" looks for a value, not a function
    values.put("raise_exception", "raise_exception");
    values.put(RoundBudget.KEY, new RoundBudget());
    try {
      RenderResult result = jinjava.renderForResult(canonical, values);
      if (!result.getErrors().isEmpty()) {
        throw failure(result.getErrors().get(0));
      }
      checkNames(result.getContext().getResolvedValues());
      return result.getOutput();
    } catch (StackOverflowError e) {
      throw new ChatTemplateException("the chat template is nested too deeply", e);
    }
  }

  /** Jinjava passes over a filter or a test that it does not know; Jinja2 does not. */
  private void checkNames(Set<String> resolved) {
    Context known = jinjava.getGlobalContext();
    for (String name : resolved) {
      boolean unknown =
          name.startsWith(ExtendedParser.FILTER_PREFIX)
              ? known.getFilter(name.substring(ExtendedParser.FILTER_PREFIX.length())) == null
              : name.startsWith(ExtendedParser.EXPTEST_PREFIX)
                  && known.getExpTest(name.substring(ExtendedParser.EXPTEST_PREFIX.length()))
                      == null;
      if (unknown) {
        throw new ChatTemplateException(
            "the chat template uses a " + name.replace(':', ' ') + ", which is not known here");
      }
    }
  }

  private static List<Map<String, Object>> turns(ImmutableList<ChatMessage> messages) {
    return messages.stream()
        .map(
            message -> {
              Map<String, Object> turn = new LinkedHashMap<>();
              turn.put("role", message.role());
              turn.put("content", message.content());
              return turn;
            })
        .toList();
  }

  private static ChatTemplateException failure(TemplateError error) {
    Throwable exception = error.getException();
    if (exception != null) {
      for (Throwable cause : Throwables.getCausalChain(exception)) {
        if (cause instanceof ChatTemplateException ours) {
          return ours;
        }
      }
    }
    return new ChatTemplateException(
        "the chat template cannot be rendered (line "
            + error.getLineno()
            + " of its rewritten form: "
            + error.getMessage().replace('\n', ' ')
            + ")");
  }
}
