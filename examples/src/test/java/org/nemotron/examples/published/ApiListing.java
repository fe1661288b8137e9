package org.nemotron.examples.published;

import static java.util.stream.Collectors.joining;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a module offers, one element a line: a name, by which a program links, and what must stay as
 * it is for the program to link and compile.
 *
 * <p>In a file a line is {@code name : declaration}. Left out is what every record, enum or object
 * has.
 */
record ApiListing(ImmutableSortedMap<String, String> declarations) {
  private static final String SEPARATOR = " : ";
  private static final Set<String> EVERYWHERE = Set.of("equals", "hashCode", "toString");
  private static final Set<String> OF_ENUMS = Set.of("values", "valueOf");

  /** Returns what the classes of a module offer now. */
  static ApiListing of(PublishedModule module) {
    Map<String, String> lines = new TreeMap<>();
    module.types().values().forEach(type -> describe(type, lines));
    return new ApiListing(ImmutableSortedMap.copyOf(lines));
  }

  /** Returns what a file lists; lines that begin with # are remarks. */
  static ApiListing read(Path file) throws IOException {
    return parse(Files.readAllLines(file));
  }

  /** Returns what lines list, in the form of a file. */
  static ApiListing parse(List<String> lines) {
    ImmutableSortedMap.Builder<String, String> found = ImmutableSortedMap.naturalOrder();
    for (String line : lines) {
      if (!line.startsWith("#")) {
        List<String> halves = Splitter.on(SEPARATOR).limit(2).splitToList(line);
        found.put(halves.get(0), halves.get(1));
      }
    }
    return new ApiListing(found.buildOrThrow());
  }

  /** Writes the listing, with remarks ahead. */
  void write(Path file, String... remarks) throws IOException {
    Stream<String> lines =
        declarations.entrySet().stream().map(line -> line.getKey() + SEPARATOR + line.getValue());
    Files.createDirectories(file.getParent());
    Files.write(file, Stream.concat(Arrays.stream(remarks), lines).toList());
  }

  private static void describe(Class<?> type, Map<String, String> lines) {
    lines.put(type.getName(), declaration(type));
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      put(type, "<init>" + parameters(constructor), constructor, signature(constructor), lines);
    }
    for (Field field : type.getDeclaredFields()) {
      put(type, field.getName(), field, name(field.getGenericType()), lines);
    }
    // Methods of a hidden superclass are offered by the class that extends it.
    for (Class<?> owner = type;
        owner != null && (owner == type || !Modifier.isPublic(owner.getModifiers()));
        owner = owner.getSuperclass()) {
      for (Method method : owner.getDeclaredMethods()) {
        if (!EVERYWHERE.contains(method.getName())
            && !(type.isEnum() && OF_ENUMS.contains(method.getName()))
            && !method.isBridge()) {
          put(type, method.getName() + parameters(method), method, signature(method), lines);
        }
      }
    }
  }

  private static <M extends Member & AnnotatedElement> void put(
      Class<?> type, String name, M member, String rest, Map<String, String> lines) {
    int visible = member.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED);
    if (visible != 0 && !member.isSynthetic()) {
      int shown = visible | Modifier.STATIC | Modifier.ABSTRACT | Modifier.FINAL;
      if (Modifier.isFinal(type.getModifiers()) && member instanceof Method) {
        shown &= ~Modifier.FINAL; // says nothing in a final class
      }
      String modifiers = Modifier.toString(member.getModifiers() & shown);
      lines.putIfAbsent(type.getName() + "#" + name, (modifiers + " " + rest).strip());
    }
  }

  private static String declaration(Class<?> type) {
    StringBuilder text = new StringBuilder();
    int shown = Modifier.PUBLIC | Modifier.PROTECTED | Modifier.FINAL;
    shown |= type.isInterface() ? 0 : Modifier.ABSTRACT;
    text.append(Modifier.toString(type.getModifiers() & shown));
    text.append(type.isSealed() ? " sealed " : " ").append(kind(type));
    text.append(typeParameters(type.getTypeParameters()));
    Stream.of(type.getGenericInterfaces())
        .map(ApiListing::name)
        .sorted()
        .forEach(name -> text.append(" is ").append(name));
    if (type.isSealed() && !type.isEnum()) {
      text.append(
          Stream.of(type.getPermittedSubclasses())
              .map(Class::getName)
              .sorted()
              .collect(joining(", ", " permits ", "")));
    }
    return text.toString();
  }

  private static String kind(Class<?> type) {
    if (type.isAnnotation()) {
      return "annotation";
    } else if (type.isRecord()) {
      return "record";
    } else if (type.isEnum()) {
      return "enum";
    } else if (type.isInterface()) {
      return "interface";
    }
    return "class extends " + name(type.getGenericSuperclass());
  }

  private static String parameters(Executable member) {
    return Stream.of(member.getParameterTypes())
        .map(Class::getTypeName)
        .collect(joining(",", "(", ")"));
  }

  private static String signature(Executable member) {
    String parameters =
        Stream.of(member.getGenericParameterTypes())
            .map(ApiListing::name)
            .collect(joining(", ", "(", ")"));
    String thrown =
        Stream.of(member.getGenericExceptionTypes())
            .map(ApiListing::name)
            .sorted(Comparator.naturalOrder())
            .map(" throws "::concat)
            .collect(joining());
    String result = member instanceof Method method ? name(method.getGenericReturnType()) : "";
    return (typeParameters(member.getTypeParameters()) + " " + result + parameters + thrown)
        .strip();
  }

  private static String typeParameters(TypeVariable<?>[] variables) {
    if (variables.length == 0) {
      return "";
    }
    return Stream.of(variables)
        .map(
            variable ->
                variable.getName()
                    + " extends "
                    + Stream.of(variable.getBounds()).map(ApiListing::name).collect(joining(" & ")))
        .collect(joining(", ", "<", ">"));
  }

  private static String name(Type type) {
    return type.getTypeName();
  }
}
