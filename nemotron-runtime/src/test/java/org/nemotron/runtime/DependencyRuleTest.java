package org.nemotron.runtime;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.nemotron.core.testing.ArchitectureRules.classesIn;
import static org.nemotron.core.testing.ArchitectureRules.noDependenciesOn;
import static org.nemotron.core.testing.ArchitectureRules.noNativeTypesInSignaturesOf;
import static org.nemotron.core.testing.ArchitectureRules.noPointerScopesOutside;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import org.junit.jupiter.api.Test;

/** That the runtime knows core and nothing of how a model was compressed. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.runtime");

  @Test
  void runtime_anyClass_knowsNeitherNasNorExamples() {
    noDependenciesOn("org.nemotron.nas..", "org.nemotron.examples..").check(CLASSES);
  }

  @Test
  void runtime_anyClass_knowsNoPointerScopes() {
    noPointerScopesOutside("org.nemotron.core.tensor..").check(CLASSES);
  }

  @Test
  void packages_together_haveNoCycles() {
    slices()
        .matching("org.nemotron.runtime.(*)..")
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void publicSignatures_ofExportedPackages_nameNoNativeTypes() {
    noNativeTypesInSignaturesOf(JavaClass.Predicates.resideOutsideOfPackage("..internal.."))
        .check(CLASSES);
  }
}
