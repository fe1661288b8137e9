package org.nemotron.runtime.chat;

import com.google.common.collect.Iterators;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.objects.SafeString;
import com.hubspot.jinjava.util.ForLoop;
import java.beans.FeatureDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/**
 * What a template may do with a value: index, ask and call what is listed here, as in Python.
 *
 * <p>It stands in place of Jinjava's resolver of Java's own properties and methods, so that no
 * template reaches a Java object by reflection.
 */
final class TemplateValues extends ELResolver {
  @Override
  public @Nullable Object getValue(
      ELContext context, @Nullable Object base, @Nullable Object property) {
    if (base instanceof ForLoop loop) {
      context.setPropertyResolved(true);
      return loopValue(loop, String.valueOf(property));
    }
    if (base instanceof String || base instanceof SafeString) {
      context.setPropertyResolved(true);
      return character(base.toString(), String.valueOf(property));
    }
    context.setPropertyResolved(base != null); // any other has no properties: undefined
    return null;
  }

  private static @Nullable Object loopValue(ForLoop loop, String property) {
    return switch (property) {
      case "index" -> (long) loop.getIndex();
      case "index0" -> (long) loop.getIndex0();
      case "revindex" -> (long) loop.getRevindex();
      case "revindex0" -> (long) loop.getRevindex0();
      case "first" -> loop.isFirst();
      case "last" -> loop.isLast();
      case "length" -> (long) loop.getLength();
      default ->
          throw new ChatTemplateException(
              "the chat template asks for loop." + property + ", which is not known here");
    };
  }

  private static @Nullable Object character(String text, String index) {
    try {
      int place = Integer.parseInt(index);
      int from = place < 0 ? text.length() + place : place;
      return from >= 0 && from < text.length() ? text.substring(from, from + 1) : null;
    } catch (NumberFormatException e) {
      return null; // a name, not an index: strings have no properties, which is undefined in Jinja2
    }
  }

  @Override
  public @Nullable Object invoke(
      ELContext context, Object base, Object method, Class<?>[] types, Object[] arguments) {
    context.setPropertyResolved(true);
    String name = String.valueOf(method);
    if (base instanceof Filter filter && arguments.length == 4) {
      return callFilter(filter, arguments);
    }
    if (base instanceof ExpTest test) {
      return callTest(test, name, arguments);
    }
    if (base instanceof String || base instanceof SafeString) {
      return PythonStrings.call(base.toString(), name, arguments);
    }
    if (base instanceof Map<?, ?> map) {
      return callMap(map, name, arguments);
    }
    if (base instanceof List<?> list && name.equals("append") && arguments.length == 1) {
      return append(list, arguments[0]);
    }
    throw unknown(name);
  }

  @SuppressWarnings("unchecked") // Jinjava calls filters with these four arguments
  private static @Nullable Object callFilter(Filter filter, Object[] arguments) {
    return filter.filter(
        arguments[0],
        (JinjavaInterpreter) arguments[1],
        (Object[]) arguments[2],
        (Map<String, Object>) arguments[3]);
  }

  private static Object callTest(ExpTest test, String name, Object[] arguments) {
    JinjavaInterpreter interpreter = (JinjavaInterpreter) arguments[1];
    Object[] rest = Arrays.copyOfRange(arguments, 2, arguments.length);
    return name.equals("evaluateNegated")
        ? test.evaluateNegated(arguments[0], interpreter, rest)
        : test.evaluate(arguments[0], interpreter, rest);
  }

  private static @Nullable Object callMap(Map<?, ?> map, String name, Object[] arguments) {
    return switch (name) {
      case "get" -> {
        Object value = map.get(arguments[0]);
        yield value == null && arguments.length > 1 ? arguments[1] : value;
      }
      case "items" -> new ArrayList<>(map.entrySet());
      case "keys" -> new ArrayList<>(map.keySet());
      case "values" -> new ArrayList<>(map.values());
      default -> throw unknown(name);
    };
  }

  @SuppressWarnings("unchecked") // a template's lists hold anything
  private static String append(List<?> list, Object element) {
    boolean unused = ((List<Object>) list).add(element);
    return "";
  }

  private static ChatTemplateException unknown(String method) {
    return new ChatTemplateException(
        "the chat template calls a method " + method + ", which is not known here");
  }

  @Override
  public Class<?> getType(ELContext context, Object base, Object property) {
    return Object.class;
  }

  @Override
  public void setValue(ELContext context, Object base, Object property, Object value) {
    throw new ChatTemplateException("the chat template sets a property of a value");
  }

  @Override
  public boolean isReadOnly(ELContext context, Object base, Object property) {
    return true;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, Object base) {
    return Iterators.forArray();
  }

  @Override
  public Class<?> getCommonPropertyType(ELContext context, Object base) {
    return Object.class;
  }
}
