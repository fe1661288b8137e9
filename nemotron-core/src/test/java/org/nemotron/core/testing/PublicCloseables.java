package org.nemotron.core.testing;

import static com.google.common.collect.ImmutableSet.toImmutableSet;

import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.Optional;

/** The closeables that other packages can name. */
public final class PublicCloseables {
  private PublicCloseables() {}

  /** Returns the names of the public closeables of a package and of those below it. */
  public static ImmutableSet<String> in(String packageName) {
    return ArchitectureRules.classesIn(packageName).stream()
        .filter(PublicCloseables::isPublic)
        .filter(type -> AutoCloseable.class.isAssignableFrom(type.reflect()))
        .map(JavaClass::getName)
        .collect(toImmutableSet());
  }

  private static boolean isPublic(JavaClass type) {
    Optional<JavaClass> around = type.getEnclosingClass();
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && around.map(PublicCloseables::isPublic).orElse(true);
  }
}
