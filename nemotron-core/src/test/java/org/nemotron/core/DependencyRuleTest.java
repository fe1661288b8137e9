package org.nemotron.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import org.junit.jupiter.api.Test;

/** Which package of core may know which, and that core knows no other module. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.core");

  private static final String TENSOR = "org.nemotron.core.tensor..";

  @Test
  void packages_ofCore_knowOnlyThoseBelowThem() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("spec")
        .definedBy("org.nemotron.core.spec..")
        .layer("tensor")
        .definedBy(TENSOR)
        .layer("provenance")
        .definedBy("org.nemotron.core.provenance..")
        .layer("text")
        .definedBy("org.nemotron.core.text..")
        .layer("nn")
        .definedBy("org.nemotron.core.nn..")
        .layer("checkpoint")
        .definedBy("org.nemotron.core.checkpoint..")
        .whereLayer("spec")
        .mayNotAccessAnyLayer()
        .whereLayer("tensor")
        .mayNotAccessAnyLayer()
        .whereLayer("provenance")
        .mayOnlyAccessLayers("spec")
        .whereLayer("text")
        .mayOnlyAccessLayers("spec", "tensor", "provenance")
        .whereLayer("nn")
        .mayOnlyAccessLayers("spec", "tensor")
        .whereLayer("checkpoint")
        .mayOnlyAccessLayers("spec", "tensor", "provenance", "text", "nn")
        .check(CLASSES);
  }

  @Test
  void packages_together_haveNoCycles() {
    slices().matching("org.nemotron.core.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void core_anyClass_knowsNoOtherModule() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.nemotron.nas..", "org.nemotron.runtime..", "org.nemotron.examples..")
        .check(CLASSES);
  }

  @Test
  void pointerScopes_outsideTensor_areUnknown() {
    noClasses()
        .that()
        .resideOutsideOfPackage(TENSOR)
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("org.bytedeco.javacpp.PointerScope")
        .check(CLASSES);
  }

  @Test
  void spec_anyClass_hasNoNativeTypes() {
    noClasses()
        .that()
        .resideInAPackage("org.nemotron.core.spec..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
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
