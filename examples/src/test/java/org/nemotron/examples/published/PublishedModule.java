package org.nemotron.examples.published;

import static com.google.common.collect.ImmutableSet.toImmutableSet;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.reflect.ClassPath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;

/**
 * A module that applications depend on, as its module-info declares it.
 *
 * @param name the artifact, for example nemotron-core
 * @param exported the packages that it exports
 * @param root where its classes lie: tests share some of its packages, and lie elsewhere
 */
record PublishedModule(String name, ImmutableSet<String> exported, String root) {
  private static final String PREFIX = "org.nemotron.";

  /** Returns all published modules, in order of their names. */
  static ImmutableList<PublishedModule> all() {
    try {
      ClassLoader loader = PublishedModule.class.getClassLoader();
      ImmutableList.Builder<PublishedModule> modules = ImmutableList.builder();
      for (URL url : Collections.list(loader.getResources("module-info.class"))) {
        try (InputStream stream = url.openStream()) {
          ModuleDescriptor descriptor = ModuleDescriptor.read(stream);
          if (descriptor.name().startsWith(PREFIX)) {
            modules.add(of(descriptor, url.toString()));
          }
        }
      }
      return ImmutableList.sortedCopyOf(
          Comparator.comparing(PublishedModule::name), modules.build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static PublishedModule of(ModuleDescriptor descriptor, String moduleInfo) {
    return new PublishedModule(
        "nemotron-" + descriptor.name().substring(PREFIX.length()),
        descriptor.exports().stream()
            .map(ModuleDescriptor.Exports::source)
            .collect(toImmutableSet()),
        moduleInfo.substring(0, moduleInfo.lastIndexOf('/') + 1));
  }

  /** Returns where the module's sources lie, seen from this module's folder. */
  Path sources() {
    return Path.of("..", name, "src", "main", "java");
  }

  /** Returns what an application may name, nested types included, by name. */
  ImmutableSortedMap<String, Class<?>> types() {
    ImmutableSortedMap.Builder<String, Class<?>> types = ImmutableSortedMap.naturalOrder();
    for (Class<?> type : classes()) {
      if (isVisible(type)) {
        types.put(type.getName(), type);
      }
    }
    return types.buildOrThrow();
  }

  /** Returns every class of the exported packages, uninitialized, so that no natives are loaded. */
  ImmutableList<Class<?>> classes() {
    ClassLoader loader = PublishedModule.class.getClassLoader();
    ImmutableList.Builder<Class<?>> classes = ImmutableList.builder();
    try {
      for (ClassPath.ClassInfo found : ClassPath.from(loader).getAllClasses()) {
        if (exported.contains(found.getPackageName())
            && !found.getName().endsWith("-info")
            && found.url().toString().startsWith(root)) {
          classes.add(found.load());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return classes.build();
  }

  private static boolean isVisible(Class<?> type) {
    return (Modifier.isPublic(type.getModifiers()) || Modifier.isProtected(type.getModifiers()))
        && !type.isAnonymousClass()
        && (type.getEnclosingClass() == null || isVisible(type.getEnclosingClass()));
  }
}
