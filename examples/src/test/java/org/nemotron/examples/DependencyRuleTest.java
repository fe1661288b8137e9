package org.nemotron.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.nemotron.core.testing.ArchitectureRules.classesIn;
import static org.nemotron.core.testing.ArchitectureRules.noPointerScopesOutside;

import com.tngtech.archunit.core.domain.JavaClasses;
import org.junit.jupiter.api.Test;

/** That the examples use the library as any application does, and stand before the benchmarks. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.examples");

  @Test
  void examples_anyClass_knowNoPointerScopes() {
    noPointerScopesOutside("org.nemotron.core.tensor..").check(CLASSES);
  }

  /** Only the command line, which lists all programs, knows the benchmarks. */
  @Test
  void plainPrograms_butTheCommandLine_knowNoBenchmarks() {
    noClasses()
        .that()
        .resideInAPackage("org.nemotron.examples")
        .and()
        .doNotHaveSimpleName("Main")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.nemotron.examples.benchmark..")
        .check(CLASSES);
  }

  @Test
  void programs_anyClass_knowNoInternals() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "..internal..", "org.nemotron.core.backend.cpu..", "org.nemotron.core.backend.cuda..")
        .check(CLASSES);
  }
}
