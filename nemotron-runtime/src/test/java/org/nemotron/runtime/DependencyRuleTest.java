package org.nemotron.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import org.junit.jupiter.api.Test;

/** That the runtime knows core and nothing of how a model was compressed. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.runtime");

  @Test
  void runtime_anyClass_knowsNeitherNasNorExamples() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.nemotron.nas..", "org.nemotron.examples..")
        .check(CLASSES);
  }

  @Test
  void runtime_anyClass_knowsNoPointerScopes() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
        .check(CLASSES);
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

  private static JavaClasses classesIn(String packageName) {
    // Names of foreign classes are enough; to read LibTorch's bindings would take ten seconds.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(new DoNotIncludeTests())
        .importPackages(packageName);
  }
}
